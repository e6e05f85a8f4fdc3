/** Vercel's AI SDK, with its provider for OpenAI's form of the API and the one for Anthropic's. */

import { createAnthropic } from "@ai-sdk/anthropic";
import { createOpenAICompatible } from "@ai-sdk/openai-compatible";
import {
  APICallError,
  generateText,
  jsonSchema,
  type LanguageModel,
  RetryError,
  streamText,
  type ToolSet,
} from "ai";
import {
  type Client,
  collect,
  failure,
  first,
  KEY,
  MODEL,
  QUESTION,
  type Target,
  WEATHER,
} from "../client.ts";

const tools: ToolSet = {
  [WEATHER.name]: {
    description: WEATHER.description,
    inputSchema: jsonSchema(WEATHER.parameters),
    outputSchema: jsonSchema({}),
  },
};

function aiSdk(name: string, modelAt: (target: Target) => LanguageModel): Client {
  const ask = (target: Target) => ({ model: modelAt(target), prompt: QUESTION, maxRetries: 0 });

  /** The SDK tells of errors in a stream by a callback, and ends the stream of texts. */
  async function* texts(target: Target, abortSignal?: AbortSignal): AsyncGenerator<string> {
    let error: unknown;
    const { textStream } = streamText({
      ...ask(target),
      ...(abortSignal !== undefined && { abortSignal }),
      onError(event) {
        error = event.error;
      },
    });
    yield* textStream;
    if (error !== undefined) throw error;
  }

  return {
    name,
    plain: async (target) => (await generateText(ask(target))).text,
    stream: (target) => collect(texts(target)),
    async tool(target) {
      const result = streamText({ ...ask(target), tools, toolChoice: "required" });
      const [call] = await result.toolCalls;
      if (call === undefined) throw new Error("no call of a tool");
      return { name: call.toolName, args: call.input };
    },
    async abort(target) {
      const leaving = new AbortController();
      await first(texts(target, leaving.signal));
      leaving.abort();
    },
    async fail(target, maxRetries) {
      const thrown = await failure(generateText({ ...ask(target), maxRetries }));
      const error = RetryError.isInstance(thrown) ? thrown.lastError : thrown;
      if (!APICallError.isInstance(error)) throw thrown;
      return { type: thrown.constructor.name, status: error.statusCode, message: error.message };
    },
    errors: {
      400: "APICallError",
      429: "APICallError",
      500: "APICallError",
      502: "APICallError",
    },
    retries: true,
  };
}

export const aiOpenAiCompatible = aiSdk("the AI SDK with openai-compatible", ({ origin, headers }) =>
  createOpenAICompatible({ name: "llmproxy", baseURL: `${origin}/v1`, apiKey: KEY, headers })(MODEL),
);

export const aiAnthropic: Client = {
  ...aiSdk("the AI SDK with anthropic", ({ origin, headers }) =>
    createAnthropic({ baseURL: `${origin}/v1`, apiKey: KEY, headers })(MODEL),
  ),
  // The proxy's errors are in OpenAI's form, in which this provider finds no message; `responseBody` has it.
  ownMessage: /^Bad Gateway$/,
};
