/** `POST /v1/responses`. @see https://platform.openai.com/docs/api-reference/responses */

import { promptOf, questionIn, schemaIn, toolChoiceIn, toolsIn } from "./ask.ts";
import { type Call, checkModel, createdSeconds, type SimulatorContext } from "./call.ts";
import { streamed, type Tokens, whole } from "./generate.ts";
import { type Json, objectOf, optionalCount, readJson, requiredList, requiredString } from "./json.ts";
import { EVENT_STREAM, event } from "./sse.ts";
import { type Ask, answer, type Part, type Turn } from "./turn.ts";

export async function responses(context: SimulatorContext): Promise<Response> {
  const call = context.var.call;
  const body = await readJson(context.req.raw, call.settings.maxBodyBytes);
  const model = checkModel(requiredString(body, "model"), call.settings);
  const turn = answer(askOf(body), call.settings, call.random);
  const response = begun(body, model, call);
  const items = turn.parts.map((part) => ({ part, id: call.id(part.type === "text" ? "msg_" : "fc_", 48) }));
  if (body["stream"] === true) {
    return streamed(call, EVENT_STREAM, (tokens) => events(turn, items, response, tokens));
  }
  return whole(call, turn.outputTokens, () => ended(response, turn, items));
}

/** A part of the answer as an output item. */
interface Item {
  readonly part: Part;
  readonly id: string;
}

function askOf(body: Json): Ask {
  const input =
    typeof body["input"] === "string"
      ? [{ role: "user", content: body["input"] }]
      : requiredList(body, "input");
  const tools = toolsIn(body["tools"], "parameters");
  const maxTokens = optionalCount(body, "max_output_tokens");
  return {
    prompt: promptOf([body["instructions"], ...input], tools),
    question: questionIn(input),
    tools,
    toolChoice: toolChoiceIn(body["tool_choice"]),
    parallel: body["parallel_tool_calls"] !== false,
    ...(maxTokens !== undefined && { maxTokens }),
    stops: [],
    schema: schemaIn(objectOf(body["text"])["format"]),
  };
}

/** The response as it is before its first token; what the request set comes back in it. */
function begun(body: Json, model: string, call: Call): Json {
  return {
    id: call.id("resp_", 48),
    object: "response",
    created_at: createdSeconds(call),
    status: "in_progress",
    background: false,
    error: null,
    incomplete_details: null,
    instructions: body["instructions"] ?? null,
    max_output_tokens: body["max_output_tokens"] ?? null,
    model,
    output: [],
    parallel_tool_calls: body["parallel_tool_calls"] ?? true,
    previous_response_id: body["previous_response_id"] ?? null,
    reasoning: { effort: null, summary: null },
    service_tier: "default",
    store: body["store"] ?? true,
    temperature: body["temperature"] ?? 1,
    text: body["text"] ?? { format: { type: "text" } },
    tool_choice: body["tool_choice"] ?? "auto",
    tools: body["tools"] ?? [],
    top_p: body["top_p"] ?? 1,
    truncation: "disabled",
    usage: null,
    user: null,
    metadata: body["metadata"] ?? {},
  };
}

function ended(response: Json, turn: Turn, items: readonly Item[]): Json {
  const cut = turn.finish === "length";
  return {
    ...response,
    status: cut ? "incomplete" : "completed",
    incomplete_details: cut ? { reason: "max_output_tokens" } : null,
    output: items.map((item, index) => outputItem(item, cut && index === items.length - 1)),
    usage: {
      input_tokens: turn.inputTokens,
      input_tokens_details: { cached_tokens: 0 },
      output_tokens: turn.outputTokens,
      output_tokens_details: { reasoning_tokens: 0 },
      total_tokens: turn.inputTokens + turn.outputTokens,
    },
  };
}

function outputItem({ part, id }: Item, cut: boolean): object {
  const status = cut ? "incomplete" : "completed";
  const text = part.tokens.join("");
  if (part.type === "text")
    return { id, type: "message", status, role: "assistant", content: [textPart(text)] };
  return { id, type: "function_call", status, call_id: `call_${part.id}`, name: part.name, arguments: text };
}

function textPart(text: string): object {
  return { type: "output_text", text, annotations: [], logprobs: [] };
}

async function* events(
  turn: Turn,
  items: readonly Item[],
  response: Json,
  tokens: Tokens,
): AsyncGenerator<string> {
  let sequence = 0;
  const say = (type: string, rest: object): string =>
    event({ type, sequence_number: sequence++, ...rest }, type);
  const cut = turn.finish === "length";
  yield say("response.created", { response });
  yield say("response.in_progress", { response });
  for (const [index, item] of items.entries()) {
    const emit = item.part.type === "text" ? textEvents : callEvents;
    for await (const [type, rest] of emit(item, tokens, cut && index === items.length - 1)) {
      yield say(type, { output_index: index, ...rest });
    }
  }
  yield say(cut ? "response.incomplete" : "response.completed", { response: ended(response, turn, items) });
}

type Said = readonly [type: string, rest: object];

async function* textEvents(item: Item, tokens: Tokens, cut: boolean): AsyncGenerator<Said> {
  const { id, part } = item;
  const at = { item_id: id, content_index: 0 };
  const text = part.tokens.join("");
  const started = { id, type: "message", status: "in_progress", role: "assistant", content: [] };
  yield ["response.output_item.added", { item: started }];
  yield ["response.content_part.added", { ...at, part: textPart("") }];
  for await (const delta of tokens(part))
    yield ["response.output_text.delta", { ...at, delta, logprobs: [] }];
  yield ["response.output_text.done", { ...at, text, logprobs: [] }];
  yield ["response.content_part.done", { ...at, part: textPart(text) }];
  yield ["response.output_item.done", { item: outputItem(item, cut) }];
}

async function* callEvents(item: Item, tokens: Tokens, cut: boolean): AsyncGenerator<Said> {
  const { id, part } = item;
  const done = outputItem(item, cut);
  yield ["response.output_item.added", { item: { ...done, status: "in_progress", arguments: "" } }];
  for await (const delta of tokens(part)) {
    yield ["response.function_call_arguments.delta", { item_id: id, delta }];
  }
  yield ["response.function_call_arguments.done", { item_id: id, arguments: part.tokens.join("") }];
  yield ["response.output_item.done", { item: done }];
}
