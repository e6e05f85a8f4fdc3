import { Ollama } from "ollama";
import { type Client, collect, failure, first, MODEL, QUESTION, type Target, WEATHER } from "../client.ts";

const request = { model: MODEL, messages: [{ role: "user", content: QUESTION }] };

function connect({ origin, headers }: Target): Ollama {
  return new Ollama({ host: origin, headers: { ...headers } });
}

async function* texts(target: Target): AsyncGenerator<string> {
  const stream = await connect(target).chat({ ...request, stream: true });
  try {
    for await (const { message } of stream) yield message.content;
  } finally {
    // To leave the loop is not enough: the client goes on reading.
    stream.abort();
  }
}

export const ollama: Client = {
  name: "Ollama's JS client",
  plain: async (target) => (await connect(target).chat(request)).message.content,
  stream: (target) => collect(texts(target)),
  async tool(target) {
    const tools = [{ type: "function", function: WEATHER }];
    const { message } = await connect(target).chat({ ...request, tools });
    const call = message.tool_calls?.[0];
    if (call === undefined) throw new Error("no call of a tool");
    return { name: call.function.name, args: call.function.arguments };
  },
  async abort(target) {
    await first(texts(target));
  },
  async fail(target) {
    const error = await failure(connect(target).chat(request));
    const status =
      "status_code" in error && typeof error.status_code === "number" ? error.status_code : undefined;
    return { type: error.constructor.name, status, message: error.message };
  },
  errors: { 400: "ResponseError", 429: "ResponseError", 500: "ResponseError", 502: "ResponseError" },
  // Where Ollama has a text the proxy's error is an object, as in OpenAI's form: the client does not look into it.
  ownMessage: /^\[object Object\]$/,
};
