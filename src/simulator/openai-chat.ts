/** `POST /v1/chat/completions`. @see https://platform.openai.com/docs/api-reference/chat */

import { ApiError } from "./api-error.ts";
import { promptOf, questionIn, schemaIn, textIn, toolChoiceIn, toolsIn } from "./ask.ts";
import { checkModel, createdSeconds, type SimulatorContext } from "./call.ts";
import { streamed, type Tokens, whole } from "./generate.ts";
import {
  type Json,
  objectOf,
  objectsOf,
  optionalCount,
  readJson,
  requiredList,
  requiredString,
  stringsOf,
} from "./json.ts";
import { EVENT_STREAM, event } from "./sse.ts";
import { type Ask, answer, type Finish, type Part, type Turn, turnText } from "./turn.ts";

export async function chatCompletions(context: SimulatorContext): Promise<Response> {
  const call = context.var.call;
  const body = await readJson(context.req.raw, call.settings.maxBodyBytes);
  const model = checkModel(requiredString(body, "model"), call.settings);
  const ask = askOf(body);
  const head = { id: call.id("chatcmpl-"), created: createdSeconds(call), model, service_tier: "default" };
  const turns = Array.from({ length: choiceCount(body) }, () => answer(ask, call.settings, call.random));
  if (body["stream"] === true) {
    const includeUsage = objectOf(body["stream_options"])["include_usage"] === true;
    return streamed(call, EVENT_STREAM, (tokens) => chunks(turns, head, includeUsage, tokens));
  }
  return whole(call, Math.max(...turns.map((turn) => turn.outputTokens)), () => ({
    ...head,
    object: "chat.completion",
    system_fingerprint: FINGERPRINT,
    choices: turns.map(choice),
    usage: usageOf(turns),
  }));
}

const FINGERPRINT = "fp_simulated";
const MAX_CHOICES = 8;

function askOf(body: Json): Ask {
  const messages = requiredList(body, "messages");
  const tools = toolsIn(body["tools"], "parameters");
  const maxTokens = optionalCount(body, "max_completion_tokens") ?? optionalCount(body, "max_tokens");
  return {
    prompt: promptOf(messages.flatMap(textsOf), tools),
    question: questionIn(messages),
    tools,
    toolChoice: toolChoiceIn(body["tool_choice"]),
    parallel: body["parallel_tool_calls"] !== false,
    ...(maxTokens !== undefined && { maxTokens }),
    stops: stringsOf(body["stop"]),
    schema: schemaIn(body["response_format"]),
  };
}

/** A message's content and the calls that an earlier answer made. */
function textsOf(message: unknown): readonly string[] {
  const { content, tool_calls: calls } = objectOf(message);
  return [textIn(content), ...objectsOf(calls).map((made) => textIn(made["function"]))];
}

function choiceCount(body: Json): number {
  const count = optionalCount(body, "n") ?? 1;
  if (count <= MAX_CHOICES) return count;
  throw new ApiError(400, `Invalid 'n': at most ${MAX_CHOICES}.`, { code: "invalid_value", param: "n" });
}

const FINISH: Readonly<Record<Finish, string>> = {
  end: "stop",
  stop: "stop",
  length: "length",
  tools: "tool_calls",
};

function choice(turn: Turn, index: number): object {
  const calls = turn.parts.filter((part) => part.type === "tool");
  const message = {
    role: "assistant",
    content: turnText(turn),
    refusal: null,
    ...(calls.length > 0 && { tool_calls: calls.map((made) => toolCall(made, made.tokens.join(""))) }),
    annotations: [],
  };
  return { index, message, logprobs: null, finish_reason: FINISH[turn.finish] };
}

function toolCall(part: Extract<Part, { type: "tool" }>, args: string): object {
  return { id: `call_${part.id}`, type: "function", function: { name: part.name, arguments: args } };
}

async function* chunks(
  turns: readonly Turn[],
  head: object,
  includeUsage: boolean,
  tokens: Tokens,
): AsyncGenerator<string> {
  const chunk = (choices: readonly object[], usage: object | null = null): string =>
    event({
      ...head,
      object: "chat.completion.chunk",
      system_fingerprint: FINGERPRINT,
      choices,
      ...(includeUsage && { usage }),
    });
  for (const [index, turn] of turns.entries()) {
    const delta = (change: object, finish: string | null = null): string =>
      chunk([{ index, delta: change, logprobs: null, finish_reason: finish }]);
    const content = turn.parts.some((part) => part.type === "text") ? "" : null;
    yield delta({ role: "assistant", content, refusal: null });
    for (const [position, part] of turn.parts.entries()) {
      for await (const change of changes(part, position, tokens)) yield delta(change);
    }
    yield delta({}, FINISH[turn.finish]);
  }
  if (includeUsage) yield chunk([], usageOf(turns));
  yield event("[DONE]");
}

/** A tool call's id and name go first, with no arguments yet. */
async function* changes(part: Part, position: number, tokens: Tokens): AsyncGenerator<object> {
  let named = false;
  for await (const piece of tokens(part)) {
    if (part.type === "text") {
      yield { content: piece };
      continue;
    }
    if (!named) yield { tool_calls: [{ index: position, ...toolCall(part, "") }] };
    named = true;
    yield { tool_calls: [{ index: position, function: { arguments: piece } }] };
  }
}

/** Input counts once, however many choices there are. */
function usageOf(turns: readonly Turn[]): object {
  const input = turns[0]?.inputTokens ?? 0;
  const output = turns.reduce((sum, turn) => sum + turn.outputTokens, 0);
  return usage(input, output);
}

/** The usage of both completions APIs. */
export function usage(input: number, output: number): object {
  return {
    prompt_tokens: input,
    completion_tokens: output,
    total_tokens: input + output,
    prompt_tokens_details: { cached_tokens: 0, audio_tokens: 0 },
    completion_tokens_details: { reasoning_tokens: 0, audio_tokens: 0 },
  };
}
