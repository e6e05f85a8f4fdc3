import { ChatOpenAI } from "@langchain/openai";
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

function connect({ origin, headers }: Target, maxRetries = 0): ChatOpenAI {
  const configuration = { baseURL: `${origin}/v1`, defaultHeaders: headers };
  return new ChatOpenAI({ model: MODEL, apiKey: KEY, maxRetries, configuration });
}

async function* texts(target: Target): AsyncGenerator<string> {
  for await (const chunk of await connect(target).stream(QUESTION)) yield chunk.text;
}

export const langchain: Client = {
  name: "LangChain.js",
  plain: async (target) => (await connect(target).invoke(QUESTION)).text,
  stream: (target) => collect(texts(target)),
  async tool(target) {
    const model = connect(target).bindTools([{ type: "function", function: WEATHER }], {
      tool_choice: "required",
    });
    const [call] = (await model.invoke(QUESTION)).tool_calls ?? [];
    if (call === undefined) throw new Error("no call of a tool");
    return { name: call.name, args: call.args };
  },
  async abort(target) {
    await first(texts(target));
  },
  async fail(target, retries) {
    const error = await failure(connect(target, retries).invoke(QUESTION));
    const status = "status" in error && typeof error.status === "number" ? error.status : undefined;
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
