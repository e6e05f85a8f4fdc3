/** `POST /v1/messages` and `/v1/messages/count_tokens`. @see https://docs.anthropic.com/en/api/messages */

import { ApiError } from "./api-error.ts";
import { promptOf, questionIn, textIn, toolChoiceIn, toolsIn } from "./ask.ts";
import { checkModel, type SimulatorContext } from "./call.ts";
import { streamed, type Tokens, whole } from "./generate.ts";
import { type Json, objectOf, optionalCount, readJson, stringsOf } from "./json.ts";
import { EVENT_STREAM, event } from "./sse.ts";
import { countTokens } from "./text.ts";
import { type Ask, answer, argumentsOf, type Finish, type Part, type Turn } from "./turn.ts";

export async function messages(context: SimulatorContext): Promise<Response> {
  const call = context.var.call;
  const body = await readJson(context.req.raw, call.settings.maxBodyBytes);
  const model = checkModel(modelOf(body), call.settings, `model: ${body["model"]}`);
  const maxTokens = optionalCount(body, "max_tokens");
  if (maxTokens === undefined) throw required("max_tokens");
  const turn = answer({ ...askOf(body), maxTokens }, call.settings, call.random);
  const id = call.id("msg_01", 22);
  if (body["stream"] === true) {
    return streamed(call, EVENT_STREAM, (tokens) => events(turn, id, model, tokens));
  }
  return whole(call, turn.outputTokens, () => ({
    ...message(id, model, turn.parts.map(block)),
    stop_reason: STOP_REASON[turn.finish],
    stop_sequence: turn.stop ?? null,
    usage: usage(turn.inputTokens, turn.outputTokens),
  }));
}

export async function countMessageTokens(context: SimulatorContext): Promise<Response> {
  const { settings } = context.var.call;
  const body = await readJson(context.req.raw, settings.maxBodyBytes);
  checkModel(modelOf(body), settings, `model: ${body["model"]}`);
  return Response.json({ input_tokens: countTokens(askOf(body).prompt) });
}

function required(field: string): ApiError {
  return new ApiError(400, `${field}: Field required`);
}

function modelOf({ model }: Json): string {
  if (typeof model === "string" && model !== "") return model;
  throw required("model");
}

function askOf(body: Json): Ask {
  const list = body["messages"];
  if (!Array.isArray(list)) throw required("messages");
  if (list.length === 0) throw new ApiError(400, "messages: at least one message is required");
  const tools = toolsIn(body["tools"], "input_schema");
  return {
    prompt: promptOf([body["system"], ...list.map((entry) => textIn(objectOf(entry)["content"]))], tools),
    question: questionIn(list),
    tools,
    toolChoice: toolChoiceIn(body["tool_choice"]),
    parallel: objectOf(body["tool_choice"])["disable_parallel_tool_use"] !== true,
    stops: stringsOf(body["stop_sequences"]),
  };
}

const STOP_REASON: Readonly<Record<Finish, string>> = {
  end: "end_turn",
  length: "max_tokens",
  stop: "stop_sequence",
  tools: "tool_use",
};

function message(id: string, model: string, content: readonly object[]): object {
  return { id, type: "message", role: "assistant", model, content };
}

function block(part: Part): object {
  if (part.type === "text") return { type: "text", text: part.tokens.join("") };
  return {
    type: "tool_use",
    id: `toolu_01${part.id.slice(0, 22)}`,
    name: part.name,
    input: argumentsOf(part),
  };
}

function usage(input: number, output: number): object {
  return {
    input_tokens: input,
    cache_creation_input_tokens: 0,
    cache_read_input_tokens: 0,
    output_tokens: output,
    service_tier: "standard",
  };
}

async function* events(turn: Turn, id: string, model: string, tokens: Tokens): AsyncGenerator<string> {
  const say = (type: string, rest: object = {}): string => event({ type, ...rest }, type);
  const start = { ...message(id, model, []), stop_reason: null, stop_sequence: null };
  yield say("message_start", { message: { ...start, usage: usage(turn.inputTokens, 1) } });
  for (const [index, part] of turn.parts.entries()) {
    const empty = block({ ...part, tokens: [] });
    yield say("content_block_start", { index, content_block: empty });
    if (index === 0) yield say("ping");
    for await (const piece of tokens(part))
      yield say("content_block_delta", { index, delta: deltaOf(part, piece) });
    yield say("content_block_stop", { index });
  }
  const delta = { stop_reason: STOP_REASON[turn.finish], stop_sequence: turn.stop ?? null };
  yield say("message_delta", { delta, usage: { output_tokens: turn.outputTokens } });
  yield say("message_stop");
}

function deltaOf(part: Part, piece: string): object {
  if (part.type === "text") return { type: "text_delta", text: piece };
  return { type: "input_json_delta", partial_json: piece };
}
