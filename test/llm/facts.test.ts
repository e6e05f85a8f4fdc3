import { describe, expect, it } from "vitest";
import { createRequestFacts, type FactSource } from "../../src/llm/facts.ts";

interface Asked {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | undefined;
}

function factsOf(target: string, { method = "POST", headers = {}, body }: Asked = {}) {
  const [path = "", query] = target.split("?");
  const source: FactSource = {
    method,
    path,
    query: query === undefined ? "" : `?${query}`,
    headers: new Headers(headers),
    body: body === undefined ? { type: "none" } : { type: "kept", bytes: new TextEncoder().encode(body) },
  };
  return createRequestFacts(source);
}

describe("sending again is safe", () => {
  it.each([
    ["GET", "/v1/anything", {}, true],
    ["HEAD", "/", {}, true],
    ["PUT", "/x", {}, true],
    ["DELETE", "/x", {}, true],
    ["OPTIONS", "/x", {}, true],
    ["PATCH", "/x", {}, false],
    ["POST", "/v1/files", {}, false],
    ["POST", "/v1/files", { "idempotency-key": "1" }, true],
    ["POST", "/v1/chat/completions", {}, true],
    ["POST", "/v1/completions", {}, true],
    ["POST", "/openai/deployments/d/embeddings", {}, true],
    ["POST", "/v1/messages/count_tokens", {}, true],
    ["POST", "/v1/threads/t/messages", {}, true],
    ["POST", "/api/generate", {}, true],
    ["POST", "/v1beta/models/gemini-2.0-flash:streamGenerateContent", {}, true],
    ["POST", "/v1beta/models/gemini:deleteAll", {}, false],
    ["POST", "/v1/chat/completions/x", {}, false],
    ["POST", "/v1/batches", {}, false],
  ])("%s %s %o: %s", (method, path, headers, safe) => {
    expect(factsOf(path, { method, headers }).repeatable).toBe(safe);
  });
});

describe("a stream is wanted", () => {
  it.each<[string, string, Asked, boolean]>([
    ["by the body", "/v1/chat/completions", { body: '{"stream": true}' }, true],
    ["not by a member of a member", "/v1/chat/completions", { body: '{"a": {"stream": true}}' }, false],
    ["not by text", "/v1/chat/completions", { body: '{"content": "\\"stream\\": true"}' }, false],
    ["not by what is no JSON", "/v1/chat/completions", { body: '{"stream": true' }, false],
    ["by Accept", "/x", { headers: { accept: "Text/Event-Stream, */*" } }, true],
    ["by the method in the path", "/v1beta/models/m:streamGenerateContent", {}, true],
    ["not without any of these", "/v1/chat/completions", { body: '{"stream": false}' }, false],
  ])("%s", (_name, target, asked, wanted) => {
    expect(factsOf(target, asked).wantsStream()).toBe(wanted);
  });
});

describe("the model", () => {
  it.each<[string, string, Asked, string | undefined]>([
    ["is a member of the body", "/v1/chat/completions", { body: '{"model": "gpt-4o"}' }, "gpt-4o"],
    ["is no text of it", "/v1/chat/completions", { body: '{"messages": [{"model": "a"}]}' }, undefined],
    ["is text", "/v1/chat/completions", { body: '{"model": 1}' }, undefined],
    ["is not empty", "/v1/chat/completions", { body: '{"model": ""}' }, undefined],
    ["has a bound", "/v1/chat/completions", { body: `{"model": "${"m".repeat(257)}"}` }, undefined],
    ["is looked for in JSON only", "/v1/chat/completions", { body: "model" }, undefined],
    ["is in Gemini's path", "/v1beta/models/gemini-2.0-flash:generateContent", {}, "gemini-2.0-flash"],
    ["is in Vertex' path", "/v1/projects/p/locations/l/publishers/google/models/m:predict", {}, "m"],
    ["is Azure's deployment", "/openai/deployments/d/chat/completions", { body: '{"model": "x"}' }, "d"],
    ["is in Bedrock's path, encoded", "/model/a.b-v1%3A0/converse", {}, "a.b-v1:0"],
    ["is not decoded where it can't be", "/model/a%zz/converse", {}, "a%zz"],
  ])("%s", (_name, target, asked, model) => {
    expect(factsOf(target, asked).model()).toBe(model);
  });

  it("and the wish for a stream are found in the same body", () => {
    const facts = factsOf("/v1/chat/completions", { body: '{"model": "m", "stream": true}' });
    expect([facts.model(), facts.wantsStream(), facts.model()]).toEqual(["m", true, "m"]);
  });
});
