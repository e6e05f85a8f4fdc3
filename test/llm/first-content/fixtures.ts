/** The providers' answers, as they come over the wire. */

import type { Finding } from "../../../src/llm/first-content/finding.ts";
import type { Meaning } from "../../../src/llm/meaning.ts";

export interface Fixture {
  readonly name: string;
  readonly type: string;
  /** Up to and with the bytes that decide. */
  readonly before: string;
  /** What comes after them. */
  readonly after: string;
  /** Undefined: nothing is found before the end. */
  readonly finding: Finding | undefined;
}

const SSE = "text/event-stream; charset=utf-8";
const NDJSON = "application/x-ndjson";
const CONTENT: Finding = { type: "content", known: true };
const UNKNOWN: Finding = { type: "content", known: false };
const error = (status: number, meaning?: Meaning): Finding => ({ type: "error", status, meaning });

const data = (value: unknown): string => `data: ${JSON.stringify(value)}\n\n`;
const named = (event: string, value: object): string =>
  `event: ${event}\ndata: ${JSON.stringify({ type: event, ...value })}\n\n`;
const line = (value: unknown): string => `${JSON.stringify(value)}\n`;

const chat = (delta: object, finish: string | null = null, more: object = {}): string =>
  data({
    id: "chatcmpl-1",
    object: "chat.completion.chunk",
    choices: [{ index: 0, delta, finish_reason: finish }],
    ...more,
  });
const ROLE = chat({ role: "assistant", content: "", refusal: null });
const REST = `${chat({ content: " über 東京 🎉" })}${chat({}, "stop")}data: [DONE]\n\n`;
const AZURE = data({ choices: [], prompt_filter_results: [{ prompt_index: 0, content_filter_results: {} }] });

const MESSAGE_START = named("message_start", {
  message: { id: "msg_1", role: "assistant", content: [], stop_reason: null, usage: { input_tokens: 3 } },
});
const PING = named("ping", {});
const block = (content_block: object): string => named("content_block_start", { index: 0, content_block });
const blockDelta = (delta: object): string => named("content_block_delta", { index: 0, delta });
const TEXT_BLOCK = block({ type: "text", text: "" });
const MESSAGE_END = `${named("message_delta", { delta: { stop_reason: "end_turn" } })}${named("message_stop", {})}`;

const CREATED = named("response.created", {
  response: { id: "resp_1", status: "in_progress", error: null, output: [] },
});
const ITEM = named("response.output_item.added", { item: { type: "message", content: [] } });

const OLLAMA = { model: "llama3", created_at: "2026-01-01T00:00:00Z", done: false };

const all: readonly (readonly [string, string, string, string, Finding | undefined])[] = [
  ["OpenAI chat", SSE, ROLE + chat({ content: "Grüße" }), REST, CONTENT],
  ["OpenAI chat without a role first", SSE, chat({ role: "assistant", content: "Hi" }), REST, CONTENT],
  ["OpenAI reasoning", SSE, ROLE + chat({ reasoning_content: "Let me" }), REST, CONTENT],
  ["OpenAI refusal", SSE, ROLE + chat({ refusal: "I can't" }), REST, CONTENT],
  [
    "OpenAI tool call",
    SSE,
    ROLE + chat({ tool_calls: [{ index: 0, function: { name: "f" } }] }),
    REST,
    CONTENT,
  ],
  ["OpenAI audio", SSE, ROLE + chat({ audio: { id: "a", data: "UklG" } }), REST, CONTENT],
  ["OpenAI whole but empty", SSE, ROLE + chat({}, "stop"), "data: [DONE]\n\n", CONTENT],
  [
    "OpenAI nothing but its end",
    SSE,
    `${ROLE}${data({ choices: [], usage: { total_tokens: 1 } })}data: [DONE]\n\n`,
    "",
    undefined,
  ],
  ["Azure", SSE, AZURE + ROLE + chat({ content: "Hi" }), REST, CONTENT],
  [
    "OpenAI completions",
    SSE,
    `${data({ choices: [{ text: "", index: 0, finish_reason: null }] })}${data({ choices: [{ text: "Hi", index: 0 }] })}`,
    "data: [DONE]\n\n",
    CONTENT,
  ],
  [
    "OpenRouter's comments",
    SSE,
    `: OPENROUTER PROCESSING\n\n: OPENROUTER PROCESSING\n\n${ROLE}${chat({ content: "Hi" })}`,
    REST,
    CONTENT,
  ],
  [
    "OpenAI error",
    SSE,
    data({ error: { message: "no", type: "server_error", code: null } }),
    "data: [DONE]\n\n",
    error(500),
  ],
  [
    "OpenAI error after a role",
    SSE,
    ROLE + data({ error: { message: "no", type: "rate_limit_error" } }),
    "",
    error(429, "rate_limit"),
  ],
  [
    "OpenRouter error",
    SSE,
    data({
      error: { message: "no", code: 502 },
      choices: [{ delta: { content: "" }, finish_reason: "error" }],
    }),
    "",
    error(502),
  ],
  [
    "OpenRouter error in a choice",
    SSE,
    data({ choices: [{ error: { message: "no", code: 503 }, finish_reason: "error" }] }),
    "",
    error(503),
  ],
  [
    "a context that is too long",
    SSE,
    ROLE + data({ error: { message: "no", type: "invalid_request_error", code: "context_length_exceeded" } }),
    "",
    error(400, "context_length"),
  ],
  [
    "OpenAI responses with a context that is too long",
    SSE,
    CREATED + named("error", { code: "context_length_exceeded", message: "no" }),
    "",
    error(400, "context_length"),
  ],
  [
    "vLLM error",
    SSE,
    data({ error: { object: "error", message: "too long", type: "BadRequestError", code: 400 } }),
    "",
    error(400),
  ],
  [
    "OpenAI responses",
    SSE,
    CREATED + ITEM + named("response.output_text.delta", { delta: "Hi" }),
    named("response.completed", {}),
    CONTENT,
  ],
  [
    "OpenAI responses reasoning",
    SSE,
    CREATED + named("response.reasoning_summary_text.delta", { delta: "I" }),
    "",
    CONTENT,
  ],
  [
    "OpenAI responses tool call",
    SSE,
    CREATED + named("response.output_item.added", { item: { type: "function_call", name: "f" } }),
    "",
    CONTENT,
  ],
  [
    "OpenAI responses whole but empty",
    SSE,
    CREATED + named("response.completed", { response: {} }),
    "",
    CONTENT,
  ],
  [
    "OpenAI responses failed",
    SSE,
    CREATED +
      named("response.failed", { response: { error: { code: "rate_limit_exceeded", message: "no" } } }),
    "",
    error(429, "rate_limit"),
  ],
  [
    "OpenAI responses error",
    SSE,
    CREATED + named("error", { code: "server_error", message: "no" }),
    "",
    error(500),
  ],
  [
    "Anthropic",
    SSE,
    MESSAGE_START + TEXT_BLOCK + PING + blockDelta({ type: "text_delta", text: "Hi" }),
    MESSAGE_END,
    CONTENT,
  ],
  [
    "Anthropic thinking",
    SSE,
    MESSAGE_START +
      block({ type: "thinking", thinking: "", signature: "" }) +
      blockDelta({ type: "thinking_delta", thinking: "Hm" }),
    MESSAGE_END,
    CONTENT,
  ],
  [
    "Anthropic tool",
    SSE,
    MESSAGE_START + block({ type: "tool_use", id: "t", name: "f", input: {} }),
    MESSAGE_END,
    CONTENT,
  ],
  [
    "Anthropic whole but empty",
    SSE,
    MESSAGE_START + named("message_delta", { delta: { stop_reason: "end_turn" } }),
    named("message_stop", {}),
    CONTENT,
  ],
  [
    "Anthropic overloaded",
    SSE,
    MESSAGE_START + PING + named("error", { error: { type: "overloaded_error", message: "Overloaded" } }),
    "",
    error(529, "overloaded"),
  ],
  [
    "Anthropic nothing",
    SSE,
    MESSAGE_START + PING + TEXT_BLOCK + named("content_block_stop", { index: 0 }) + named("message_stop", {}),
    "",
    undefined,
  ],
  [
    "Gemini",
    SSE,
    data({ candidates: [{ content: { role: "model", parts: [{ text: "Hi" }] }, index: 0 }] }),
    "",
    CONTENT,
  ],
  [
    "Gemini thinking",
    SSE,
    data({ usageMetadata: {} }) +
      data({ candidates: [{ content: { parts: [{ text: "", thought: true }] } }] }),
    "",
    CONTENT,
  ],
  ["Gemini whole but empty", SSE, data({ candidates: [{ content: {}, finishReason: "STOP" }] }), "", CONTENT],
  ["Gemini blocked", SSE, data({ promptFeedback: { blockReason: "SAFETY" } }), "", CONTENT],
  [
    "Gemini error",
    SSE,
    data({ error: { code: 503, message: "no", status: "UNAVAILABLE" } }),
    "",
    error(503, "overloaded"),
  ],
  [
    "Gemini quota by its word",
    SSE,
    data({ error: { message: "no", status: "RESOURCE_EXHAUSTED" } }),
    "",
    error(429, "rate_limit"),
  ],
  [
    "Ollama chat",
    NDJSON,
    line({ ...OLLAMA, message: { role: "assistant", content: "" } }) +
      line({ ...OLLAMA, message: { role: "assistant", content: "Hi" } }),
    line({ done: true }),
    CONTENT,
  ],
  [
    "Ollama thinking",
    NDJSON,
    line({ ...OLLAMA, message: { role: "assistant", content: "", thinking: "Hm" } }),
    "",
    CONTENT,
  ],
  [
    "Ollama generate",
    NDJSON,
    `${line({ ...OLLAMA, response: "" })}\n${line({ ...OLLAMA, response: "Hi" })}`,
    "",
    CONTENT,
  ],
  ["Ollama whole but empty", NDJSON, line({ ...OLLAMA, done: true, done_reason: "stop" }), "", CONTENT],
  [
    "Ollama context that is too long",
    NDJSON,
    line({ error: "the input length exceeds the context length" }),
    "",
    error(400, "context_length"),
  ],
  ["Ollama error", NDJSON, line({ error: "model not found" }), "", error(500)],
  ["something else", SSE, data({ foo: 1 }), "", UNKNOWN],
  ["no JSON", SSE, "data: hello\n\n", "data: world\n\n", UNKNOWN],
  ["an error event without JSON", SSE, "event: error\ndata: Internal Server Error\n\n", "", error(500)],
  ["several lines of data", SSE, 'data: {"choices":\ndata: [{"delta":{"content":"Hi"}}]}\n\n', "", CONTENT],
  [
    "a BOM, fields without a space and without a colon",
    SSE,
    `\uFEFFid\nretry:5\ndata:${JSON.stringify({ choices: [{ delta: { content: "Hi" } }] })}\n\n`,
    "",
    CONTENT,
  ],
];

const fixtures = all.map(
  ([name, type, before, after, finding]): Fixture => ({ name, type, before, after, finding }),
);

const withEnds =
  (end: string) =>
  ({ name, before, after, ...rest }: Fixture): Fixture => ({
    ...rest,
    name: `${name}, lines end in ${JSON.stringify(end)}`,
    before: before.replaceAll("\n", end),
    after: after.replaceAll("\n", end),
  });

/** Each with its lines ending in LF, CRLF and CR; a CRLF decides at its CR. */
export const FIXTURES: readonly Fixture[] = [
  ...fixtures,
  ...fixtures.map(withEnds("\r\n")),
  ...fixtures.filter(({ type }) => type === SSE).map(withEnds("\r")),
];
