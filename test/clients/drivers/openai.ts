import OpenAI, { APIError } from "openai";
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

const messages = [{ role: "user" as const, content: QUESTION }];

function connect({ origin, headers }: Target, maxRetries = 0): OpenAI {
  return new OpenAI({ baseURL: `${origin}/v1`, apiKey: KEY, defaultHeaders: headers, maxRetries });
}

async function* texts(target: Target): AsyncGenerator<string | null | undefined> {
  const stream = await connect(target).chat.completions.create({ model: MODEL, messages, stream: true });
  for await (const { choices } of stream) yield choices[0]?.delta.content;
}

export const openai: Client = {
  name: "OpenAI's JS SDK",
  async plain(target) {
    const { choices } = await connect(target).chat.completions.create({ model: MODEL, messages });
    return choices[0]?.message.content ?? "";
  },
  stream: (target) => collect(texts(target)),
  async tool(target) {
    const request = {
      model: MODEL,
      messages,
      tools: [{ type: "function" as const, function: WEATHER }],
      tool_choice: "required" as const,
    };
    const { choices } = await connect(target).chat.completions.stream(request).finalChatCompletion();
    const call = choices[0]?.message.tool_calls?.[0];
    if (call?.type !== "function") throw new Error("no call of a function");
    return { name: call.function.name, args: JSON.parse(call.function.arguments) };
  },
  async abort(target) {
    await first(texts(target));
  },
  async fail(target, retries) {
    const error = await failure(connect(target, retries).chat.completions.create({ model: MODEL, messages }));
    const status = error instanceof APIError ? error.status : undefined;
    return { type: error.constructor.name, status, message: error.message };
  },
  errors: {
    400: "BadRequestError",
    429: "RateLimitError",
    500: "InternalServerError",
    502: "InternalServerError",
  },
  retries: true,
};
