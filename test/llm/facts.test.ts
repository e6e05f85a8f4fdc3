import { describe, expect, it } from "vitest";
import { endpointOf } from "../../src/llm/endpoints.ts";
import { createRequestFacts, type FactSource } from "../../src/llm/facts.ts";

interface Asked {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | undefined;
  /** Too large to be kept. */
  readonly streamed?: boolean;
}

function factsOf(target: string, { method = "POST", headers = {}, body, streamed }: Asked = {}) {
  const [path = "", query] = target.split("?");
  const source: FactSource = {
    method,
    path,
    query: query === undefined ? "" : `?${query}`,
    headers: new Headers(headers),
    body: bodyOf(body, streamed),
  };
  return createRequestFacts(source, endpointOf(path));
}

function bodyOf(body: string | undefined, streamed = false): FactSource["body"] {
  if (streamed) return { type: "stream" };
  return body === undefined ? { type: "none" } : { type: "kept", bytes: new TextEncoder().encode(body) };
}

/** A form with a file before each field. */
function form(fields: Readonly<Record<string, string>>): Asked {
  const file =
    'content-disposition: form-data; name="file"; filename="model"\r\n\r\nname="stream"\r\n\r\ntrue';
  const parts = Object.entries(fields).map(
    ([name, value]) => `--b\r\nContent-Disposition: form-data; name="${name}"\r\n\r\n${value}\r\n`,
  );
  const body = `--b\r\n${file}\r\n${parts.join("")}--b--\r\n`;
  return { headers: { "content-type": "multipart/form-data; boundary=b" }, body };
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
    ["POST", "/v1/files", { "idempotency-key": "" }, false],
    ["POST", "/v1/chat/completions", {}, true],
    ["POST", "/v1/completions", {}, true],
    ["POST", "/openai/deployments/d/embeddings", {}, true],
    ["POST", "/v1/messages/count_tokens", {}, true],
    ["POST", "/v1/threads/t/messages", {}, false],
    ["POST", "/v1/threads/t/messages", { "idempotency-key": "1" }, true],
    ["POST", "/api/generate", {}, true],
    ["POST", "/v1beta/models/gemini-2.0-flash:streamGenerateContent", {}, true],
    ["POST", "/v1beta/models/gemini:deleteAll", {}, false],
    ["POST", "/v1/chat/completions/x", {}, false],
    ["POST", "/v1/batches", {}, false],
  ])("%s %s %o: %s", (method, path, headers, safe) => {
    expect(factsOf(path, { method, headers }).repeatable).toBe(safe);
  });
});

describe("a request for /responses may be repeated", () => {
  it.each<[string, string | undefined, boolean]>([
    ["when it computes an answer", '{"model": "m", "input": "hi"}', true],
    ["when it is stored: nothing refers to it", '{"input": "hi", "store": true}', true],
    ["when it goes on from another", '{"input": "hi", "previous_response_id": "resp_1"}', true],
    ["not when it adds to a conversation", '{"input": "hi", "conversation": "conv_1"}', false],
    ["not when it adds to one given as an object", '{"conversation": {"id": "conv_1"}}', false],
    ["not when the key is written with escapes", '{"conv\\u0065rsation": "conv_1"}', false],
    ["not when it starts a job", '{"input": "hi", "background": true}', false],
    ["not when the flag is text that servers take for true", '{"background": "true"}', false],
    ["when neither is set", '{"conversation": null, "background": false}', true],
    ["when only a text speaks of them", '{"input": "the \\"conversation\\" in the \\"background\\""}', true],
    ["when only a member of a member is called so", '{"metadata": {"conversation": "1"}}', true],
    ["not when it is in UTF-16", [..."{}"].join("\0"), false],
    ["not when the body can't be read", '{"conversation": "conv_1"', false],
    ["not without a body", undefined, false],
  ])("%s", (_name, body, safe) => {
    expect(factsOf("/v1/responses", { body }).repeatable).toBe(safe);
  });

  it("not when its body is compressed", () => {
    const body = '{"input": "hi"}';
    for (const [coding, safe] of [
      ["identity", true],
      ["gzip", false],
      ["zstd", false],
    ] as const) {
      const headers = { "content-encoding": coding };
      expect(factsOf("/v1/responses", { body, headers }).repeatable).toBe(safe);
      expect(factsOf("/v1/chat/completions", { body, headers }).repeatable).toBe(true);
    }
  });

  it("not when its body is too large to be looked at", () => {
    expect(factsOf("/v1/responses", { streamed: true }).repeatable).toBe(false);
    expect(factsOf("/v1/chat/completions", { streamed: true }).repeatable).toBe(true);
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
    ["by alt=sse", "/v1beta/models/m:generateContent?key=k&alt=sse", {}, true],
    ["not by alt=json", "/v1beta/models/m:generateContent?alt=json", {}, false],
    ["by DashScope's field", "/x", { headers: { "X-DashScope-SSE": "enable" } }, true],
    ["by Ollama, unless it is refused", "/api/chat", { body: '{"model": "m"}' }, true],
    ["by Ollama, if null", "/api/generate", { body: '{"stream": null}' }, true],
    ["by Ollama, if true", "/api/generate", { body: '{"stream": true}' }, true],
    ["not by Ollama, if refused", "/api/chat", { body: '{"stream": false}' }, false],
    ["by Ollama, where only a text refuses", "/api/chat", { body: '{"a": {"stream": false}}' }, true],
    ["by Ollama with a trailing slash", "/api/chat/", { body: "{}" }, true],
    ["not by Ollama's embeddings", "/api/embed", { body: "{}" }, false],
    ["not by Ollama's /v1", "/v1/chat/completions", { body: "{}" }, false],
    ["not by Ollama with a body that can't be looked at", "/api/chat", { streamed: true }, false],
    ["by a form", "/v1/audio/transcriptions", form({ model: "m", stream: "true" }), true],
    ["by a form of Python's", "/v1/images/edits", form({ stream: "True" }), true],
    ["not by a form that refuses", "/v1/audio/transcriptions", form({ stream: "false" }), false],
    ["not by a file in a form", "/v1/audio/transcriptions", form({ model: "m" }), false],
    ["by a format of speech", "/v1/audio/speech", { body: '{"stream_format": "sse"}' }, true],
    ["not by another format", "/v1/audio/speech", { body: '{"stream_format": "audio"}' }, false],
    ["by TGI's path", "/generate_stream", {}, true],
    ["by Triton's path", "/v2/models/m/generate_stream", {}, true],
    ["by Bedrock's path", "/model/m/converse-stream", {}, true],
    ["by Bedrock's other path", "/model/m/invoke-with-response-stream", {}, true],
    [
      "by Vertex' path",
      "/v1/projects/p/locations/l/publishers/anthropic/models/m:streamRawPredict",
      {},
      true,
    ],
    ["by SageMaker's path", "/endpoints/e/invocations-response-stream", {}, true],
    ["by watsonx' path", "/ml/v1/text/chat_stream", {}, true],
    [
      "by Vertex' rawPredict with Anthropic's flag",
      "/v1/projects/p/locations/l/publishers/anthropic/models/m:rawPredict",
      { body: '{"stream":true}' },
      true,
    ],
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
    ["is in Triton's path", "/v2/models/llama/versions/1/generate_stream", {}, "llama"],
    ["is SageMaker's endpoint", "/endpoints/e/invocations", {}, "e"],
    [
      "is a field of a form",
      "/v1/audio/transcriptions",
      form({ stream: "true", model: "whisper-1" }),
      "whisper-1",
    ],
    ["is no file of a form", "/v1/audio/transcriptions", form({ file: "x" }), undefined],
    ["is not decoded where it can't be", "/model/a%zz/converse", {}, "a%zz"],
  ])("%s", (_name, target, asked, model) => {
    expect(factsOf(target, asked).model()).toBe(model);
  });

  it("and the wish for a stream are found in the same body", () => {
    const facts = factsOf("/v1/chat/completions", { body: '{"model": "m", "stream": true}' });
    expect([facts.model(), facts.wantsStream(), facts.model()]).toEqual(["m", true, "m"]);
  });
});
