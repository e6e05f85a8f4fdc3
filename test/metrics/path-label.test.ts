import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createPathLabels } from "../../src/metrics/path-label.ts";

describe("the path label", () => {
  it.each([
    ["/v1/chat/completions", "/v1/chat/completions"],
    ["/chat/completions", "/chat/completions"],
    ["/v1/messages/count_tokens", "/v1/messages/count_tokens"],
    ["/api/chat", "/api/chat"],
    ["/", "/"],
    ["", "/"],
    ["*", "*"],
  ])("of %j is %j", (path, label) => {
    expect(createPathLabels().label(path)).toBe(label);
  });

  it.each([
    ["a number", "/orders/42", "/orders/:id"],
    ["a UUID", "/jobs/6B0C3A52-5d0b-4d8e-a3e2-1c1d6a0f3b11/log", "/jobs/:id/log"],
    ["a file's id", "/v1/files/file-abc123/content", "/v1/files/:id/content"],
    ["a batch's id", "/v1/batches/batch_abc", "/v1/batches/:id"],
    ["a response's id", "/v1/responses/resp_68ab", "/v1/responses/:id"],
    ["a message batch's id", "/v1/messages/batches/msgbatch_01Hk", "/v1/messages/batches/:id"],
    ["a completion's id", "/v1/chat/completions/chatcmpl-9aX", "/v1/chat/completions/:id"],
    ["16 hex digits", "/blobs/0123456789abcdef", "/blobs/:id"],
    ["16 base62 characters with a digit", "/blobs/AbcdefghIjklmno1", "/blobs/:id"],
    ["a segment that is too long for a name", `/x/${"a-".repeat(40)}`, "/x/:id"],
    ["a segment with characters that no URL has", "/x/a\nb", "/x/:id"],
  ])("shows %s as :id", (_what, path, label) => {
    expect(createPathLabels().label(path)).toBe(label);
  });

  it.each([
    ["15 base62 characters with a digit", "/blobs/abcdefghijklmn1"],
    ["16 letters without a digit", "/blobs/abcdefghijklmnop"],
    ["words with a hyphen", "/chat-completions/profile-settings"],
  ])("leaves %s as written", (_what, path) => {
    expect(createPathLabels().label(path)).toBe(path);
  });

  it.each([
    ["/v1/models/gpt-4o", "/v1/models/:model"],
    ["/v1beta/models/gemini-2.0:generateContent", "/v1beta/models/:model:generateContent"],
    ["/v1beta/models/gemini-2.0:madeUp", "/v1beta/models/:model"],
    ["/openai/deployments/my-gpt/chat/completions", "/openai/deployments/:model/chat/completions"],
  ])("shows the model's name in %j as %j", (path, label) => {
    expect(createPathLabels().label(path)).toBe(label);
  });

  it("is the route's pattern as written, unless the path is a known API's", () => {
    const labels = createPathLabels();
    expect(labels.label("/tenants/42", "/tenants/{id:[0-9]+}")).toBe("/tenants/{id:[0-9]+}");
    expect(labels.label("/v1/files/file-1", "/v1/*")).toBe("/v1/files/:id");
  });

  it("cuts a path of more than ten segments", () => {
    expect(createPathLabels().label("/a/b/c/d/e/f/g/h/i/j")).toBe("/a/b/c/d/e/f/g/h/i/j");
    expect(createPathLabels().label("/a/b/c/d/e/f/g/h/i/j/k/l/m")).toBe("/a/b/c/d/e/f/g/h/i/j/*");
  });

  it("is `other` when it would be too long", () => {
    expect(createPathLabels().label(`/${"forty-letters-and-hyphens-are-a-name-too/".repeat(9)}`)).toBe(
      "other",
    );
  });
});

describe("the number of labels", () => {
  it("has a bound, past which new paths are `other` and known ones stay", () => {
    const labels = createPathLabels({ max: 200 });
    const seen = new Set<string>();
    for (let i = 0; i < 1000; i++) seen.add(labels.label(`/word-${i}`));
    seen.delete("other");
    expect(seen.size).toBeGreaterThan(100);
    expect(seen.size).toBeLessThanOrEqual(200);
    expect(labels.label("/word-1")).toBe("/word-1");
    expect(labels.label("/word-999")).toBe("other");
  });

  it("keeps room for known APIs and routes when somebody scans for paths", () => {
    const labels = createPathLabels();
    for (let i = 0; i < 1000; i++) labels.label(`/scan-${i}`);
    expect(labels.label("/v1/chat/completions")).toBe("/v1/chat/completions");
    expect(labels.label("/tenants/7", "/tenants/:id")).toBe("/tenants/:id");
  });

  it("holds for known APIs and routes too", () => {
    const labels = createPathLabels({ max: 3 });
    for (const pattern of ["/a", "/b", "/c"]) labels.label("/x", pattern);
    expect(labels.label("/x", "/d")).toBe("other");
    expect(labels.label("/v1/chat/completions")).toBe("other");
  });

  it("gives every text a short label of one line, and at most `max` different ones", () => {
    const segment = fc.oneof(
      fc.string({ unit: "binary" }),
      fc.constantFrom("v1", "models", "chat", "completions", "file-1", "", "a:b", "deployments", "%2f", "\\"),
      fc.string({ minLength: 40, maxLength: 400 }),
    );
    const path = fc.oneof(
      fc.array(segment, { maxLength: 14 }).map((segments) => `/${segments.join("/")}`),
      fc.string({ unit: "binary" }),
    );
    fc.assert(
      fc.property(fc.array(path, { maxLength: 60 }), (paths) => {
        const labels = createPathLabels({ max: 10 });
        const seen = new Set(paths.map((each) => labels.label(each)));
        seen.delete("other");
        expect(seen.size).toBeLessThanOrEqual(10);
        for (const label of seen) expect(label).toMatch(/^[\x21-\x7e]{1,200}$/);
      }),
      { numRuns: 300 },
    );
  });

  it("gives a path the same label for as long as it has one", () => {
    const labels = createPathLabels();
    const first = labels.label("/a/b");
    for (let i = 0; i < 2000; i++) labels.label(`/p-${i}`);
    expect(labels.label("/a/b")).toBe(first);
  });
});
