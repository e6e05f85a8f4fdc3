import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createEndpointLookup, createTargetUrl, hasDotSegment } from "../../src/message/url.ts";

describe("joining a request to an upstream's URL", () => {
  it.each([
    ["https://api.openai.com/v1", "/v1/chat/completions", "", "https://api.openai.com/v1/chat/completions"],
    ["https://api.openai.com/v1", "/chat/completions", "", "https://api.openai.com/v1/chat/completions"],
    ["https://api.openai.com/v1/", "/v1/models", "", "https://api.openai.com/v1/models"],
    ["https://api.openai.com", "/v1/models", "?limit=2", "https://api.openai.com/v1/models?limit=2"],
    ["http://h/a/b/v1", "/b/v1/x", "", "http://h/a/b/v1/x"],
    ["http://h/a/v1", "/v1", "", "http://h/a/v1"],
    ["http://h/v1", "/v10/models", "", "http://h/v1/v10/models"],
    ["http://h/api", "/", "", "http://h/api/"],
    ["http://h:8000", "/", "", "http://h:8000/"],
    ["http://h/v1/chat/completions", "/v1/chat/completions", "", "http://h/v1/chat/completions"],
    [
      "http://h/api/paas/v4/chat/completions",
      "/v1/chat/completions",
      "",
      "http://h/api/paas/v4/chat/completions",
    ],
    ["http://h/v4/completions", "/v1/chat/completions", "", "http://h/v4/completions/v1/chat/completions"],
    [
      "https://x.openai.azure.com/openai/deployments/d?api-version=2024-06-01",
      "/chat/completions",
      "?a=1",
      "https://x.openai.azure.com/openai/deployments/d/chat/completions?api-version=2024-06-01&a=1",
    ],
    ["http://h/v1?k=v", "/v1/models", "", "http://h/v1/models?k=v"],
    ["http://h/v1", "/v1/files/a%2Fb%20c", "?q=%27+x", "http://h/v1/files/a%2Fb%20c?q=%27+x"],
  ])("%s takes %s%s to %s", (base, path, query, expected) => {
    expect(createTargetUrl(base, "join")(path, query)).toBe(expected);
  });

  it("sends every request to exactly the URL when the path is fixed", () => {
    const target = createTargetUrl("https://h/v1/messages?x=1", "fixed");
    expect(target("/anything", "?y=2")).toBe("https://h/v1/messages?x=1");
  });

  it("never leaves the host and never goes above the base", () => {
    const segment = fc.stringMatching(/^[a-z0-9%._~!$&'()*+,;=:@-]{0,8}$/);
    const path = fc.array(segment, { maxLength: 5 }).map((segments) => `/${segments.join("/")}`);
    fc.assert(
      fc.property(path, path, (base, request) => {
        const prefix = new URL(`http://h${base}`).pathname.replace(/\/+$/, "");
        const target = createTargetUrl(`http://h${base}`, "join")(request, "");
        expect(target.startsWith(`http://h${prefix}`)).toBe(true);
      }),
    );
  });

  it("keeps every byte of the request's path after the part that both share", () => {
    const path = fc.stringMatching(/^(\/[a-z0-9%._-]{1,6}){1,4}$/);
    fc.assert(
      fc.property(path, (request) => {
        expect(createTargetUrl("http://h", "join")(request, "")).toBe(`http://h${request}`);
      }),
    );
  });
});

describe("the inference endpoint that a request reaches", () => {
  it.each<[string, "join" | "fixed", string, string | undefined]>([
    ["http://h", "join", "/v1/chat/completions", "chat/completions"],
    ["http://h/v1", "join", "/chat/completions", "chat/completions"],
    ["http://h/v1", "join", "/v1/threads/t/messages", undefined],
    ["http://h/v1", "join", "/threads/t/messages", undefined],
    ["http://h/api", "join", "/chat", "api/chat"],
    ["http://h/team-a/v1", "join", "/v1/chat/completions", "chat/completions"],
    ["http://h/team-a/llm", "join", "/chat/completions", "chat/completions"],
    ["http://h/v1/chat/completions", "join", "/v1/chat/completions", "chat/completions"],
    ["http://h/v1/chat/completions", "join", "/", "chat/completions"],
    ["http://h/v1/chat/completions", "fixed", "/anything", "chat/completions"],
    ["http://h/v1/threads/t/messages", "fixed", "/anything", undefined],
    ["http://h/llm", "fixed", "/v1/chat/completions", "chat/completions"],
    ["http://h/llm", "fixed", "/v1/threads/t/messages", undefined],
    ["http://h/v1?api-version=1", "join", "/chat/completions", "chat/completions"],
  ])("%s (%s), %s: %s", (url, mode, path, name) => {
    expect(createEndpointLookup(url, mode)(path)?.name).toBe(name);
  });
});

describe("dot segments", () => {
  it.each(["/a/../b", "/..", "/.", "/a/.", "/%2e%2E/x", "/.%2e/x", "/a\\..\\b", "/%2e"])(
    "sees one in %s",
    (path) => {
      expect(hasDotSegment(path)).toBe(true);
    },
  );

  it.each(["/a..b", "/...", "/a/..%2fb", "/.well-known/x", "/v1/files/a.b"])("sees none in %s", (path) => {
    expect(hasDotSegment(path)).toBe(false);
  });
});
