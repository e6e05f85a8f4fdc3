/** `POST /v1/completions`. @see https://platform.openai.com/docs/api-reference/completions */

import { checkModel, createdSeconds, type SimulatorContext } from "./call.ts";
import { streamed, type Tokens, whole } from "./generate.ts";
import { type Json, objectOf, optionalCount, readJson, requiredString, stringsOf } from "./json.ts";
import { usage } from "./openai-chat.ts";
import { EVENT_STREAM, event } from "./sse.ts";
import { type Ask, answer, type Turn, turnText } from "./turn.ts";

export async function completions(context: SimulatorContext): Promise<Response> {
  const call = context.var.call;
  const body = await readJson(context.req.raw, call.settings.maxBodyBytes);
  const model = checkModel(requiredString(body, "model"), call.settings);
  const turn = answer(askOf(body), call.settings, call.random);
  const head = { id: call.id("cmpl-"), object: "text_completion", created: createdSeconds(call), model };
  if (body["stream"] === true) {
    const includeUsage = objectOf(body["stream_options"])["include_usage"] === true;
    return streamed(call, EVENT_STREAM, (tokens) => chunks(turn, head, includeUsage, tokens));
  }
  return whole(call, turn.outputTokens, () => ({
    ...head,
    choices: [choice(turnText(turn) ?? "", finishOf(turn))],
    usage: usage(turn.inputTokens, turn.outputTokens),
  }));
}

/** What the API itself takes when a request names no limit. */
const DEFAULT_MAX_TOKENS = 16;

/** The prompt may be a text, several, or numbers of tokens; all of it counts, one answer follows. */
function askOf(body: Json): Ask {
  const { prompt } = body;
  const text = typeof prompt === "string" ? prompt : JSON.stringify(prompt ?? "");
  return {
    prompt: text,
    question: text,
    tools: [],
    toolChoice: "none",
    parallel: false,
    maxTokens: optionalCount(body, "max_tokens") ?? DEFAULT_MAX_TOKENS,
    stops: stringsOf(body["stop"]),
  };
}

function choice(text: string, finish: string | null): object {
  return { text, index: 0, logprobs: null, finish_reason: finish };
}

function finishOf(turn: Turn): string {
  return turn.finish === "length" ? "length" : "stop";
}

async function* chunks(
  turn: Turn,
  head: object,
  includeUsage: boolean,
  tokens: Tokens,
): AsyncGenerator<string> {
  const nothing = includeUsage ? { usage: null } : {};
  for (const part of turn.parts) {
    for await (const text of tokens(part))
      yield event({ ...head, choices: [choice(text, null)], ...nothing });
  }
  yield event({ ...head, choices: [choice("", finishOf(turn))], ...nothing });
  if (includeUsage) {
    yield event({ ...head, choices: [], usage: usage(turn.inputTokens, turn.outputTokens) });
  }
  yield event("[DONE]");
}
