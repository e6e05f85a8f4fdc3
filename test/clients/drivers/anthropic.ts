import Anthropic, { APIError } from "@anthropic-ai/sdk";
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

const request = { model: MODEL, max_tokens: 5_000, messages: [{ role: "user" as const, content: QUESTION }] };

function connect({ origin, headers }: Target, maxRetries = 0): Anthropic {
  return new Anthropic({ baseURL: origin, apiKey: KEY, defaultHeaders: headers, maxRetries });
}

async function* texts(target: Target): AsyncGenerator<string | undefined> {
  const stream = await connect(target).messages.create({ ...request, stream: true });
  for await (const event of stream) {
    if (event.type === "content_block_delta" && event.delta.type === "text_delta") yield event.delta.text;
  }
}

export const anthropic: Client = {
  name: "Anthropic's JS SDK",
  async plain(target) {
    const { content } = await connect(target).messages.create(request);
    return content[0]?.type === "text" ? content[0].text : "";
  },
  stream: (target) => collect(texts(target)),
  async tool(target) {
    const { name, description, parameters } = WEATHER;
    const tools = [{ name, description, input_schema: parameters }];
    const stream = connect(target).messages.stream({ ...request, tools, tool_choice: { type: "any" } });
    const call = (await stream.finalMessage()).content.find(({ type }) => type === "tool_use");
    if (call?.type !== "tool_use") throw new Error("no use of a tool");
    return { name: call.name, args: call.input };
  },
  async abort(target) {
    await first(texts(target));
  },
  async fail(target, retries) {
    const error = await failure(connect(target, retries).messages.create(request));
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
