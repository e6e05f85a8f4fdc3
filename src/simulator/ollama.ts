/**
 * `POST /api/chat`, `POST /api/generate`, `GET /api/tags`: lines of JSON, streamed unless `stream` is false.
 *
 * @see https://github.com/ollama/ollama/blob/main/docs/api.md
 */

import { ApiError } from "./api-error.ts";
import { ANY_OBJECT, promptOf, questionIn, toolsIn } from "./ask.ts";
import { type Call, checkModel, type SimulatorContext } from "./call.ts";
import { streamed, type Tokens, whole } from "./generate.ts";
import { isObject, type Json, objectOf, readJson, stringOf, stringsOf } from "./json.ts";
import { modelNames } from "./models.ts";
import { token } from "./random.ts";
import { line, NDJSON } from "./sse.ts";
import { type Ask, answer, argumentsOf, type Part, type Turn, turnText } from "./turn.ts";

/** Wraps what was said in the form of its endpoint. */
type Say = (text: string, calls?: readonly object[]) => object;

export async function ollamaChat(context: SimulatorContext): Promise<Response> {
  const say: Say = (content, calls) => ({
    message: { role: "assistant", content, ...(calls && { tool_calls: calls }) },
  });
  return reply(context, say, (body) => {
    const messages = Array.isArray(body["messages"]) ? body["messages"] : [];
    if (messages.length === 0) return undefined;
    const tools = toolsIn(body["tools"], "parameters");
    return { prompt: promptOf(messages, tools), question: questionIn(messages), tools, toolChoice: "auto" };
  });
}

export async function ollamaGenerate(context: SimulatorContext): Promise<Response> {
  return reply(
    context,
    (response) => ({ response }),
    (body) => {
      const prompt = stringOf(body["prompt"]) ?? "";
      if (prompt === "") return undefined;
      return {
        prompt: promptOf([body["system"], prompt], []),
        question: prompt,
        tools: [],
        toolChoice: "none",
      };
    },
  );
}

export function ollamaTags(context: SimulatorContext): Response {
  const call = context.var.call;
  const models = modelNames(call).map((name) => ({
    name,
    model: name,
    modified_at: new Date(call.createdMs).toISOString(),
    size: 1_000_000_000,
    digest: Array.from(token(32, call.random), (unit) =>
      unit.charCodeAt(0).toString(16).padStart(2, "0"),
    ).join(""),
    details: { format: "gguf", family: "simulated", parameter_size: "1B", quantization_level: "Q4_0" },
  }));
  return Response.json({ models });
}

type Question = Pick<Ask, "prompt" | "question" | "tools" | "toolChoice">;

/** An empty question loads the model, as with Ollama. */
async function reply(
  context: SimulatorContext,
  say: Say,
  questionOf: (body: Json) => Question | undefined,
): Promise<Response> {
  const call = context.var.call;
  const body = await readJson(context.req.raw, call.settings.maxBodyBytes);
  const name = stringOf(body["model"]) ?? "";
  if (name === "") throw new ApiError(400, "model is required");
  const model = checkModel(name, call.settings, `model "${name}" not found, try pulling it first`);
  const head = { model, created_at: new Date(call.createdMs).toISOString() };
  const question = questionOf(body);
  if (!question) return Response.json({ ...head, ...say(""), done: true, done_reason: "load" });
  const turn = answer({ ...question, ...limitsOf(body) }, call.settings, call.random);
  if (body["stream"] === false)
    return whole(call, turn.outputTokens, () => final(call, turn, head, say, turn.parts));
  return streamed(call, NDJSON, (tokens) => lines(call, turn, head, say, tokens));
}

function limitsOf(body: Json): Pick<Ask, "parallel" | "maxTokens" | "stops" | "schema"> {
  const { num_predict: limit, stop } = objectOf(body["options"]);
  const { format } = body;
  return {
    parallel: true,
    // Below 1 Ollama knows no limit.
    ...(typeof limit === "number" && limit >= 1 && { maxTokens: Math.floor(limit) }),
    stops: stringsOf(stop),
    schema: format === "json" ? ANY_OBJECT : isObject(format) ? format : undefined,
  };
}

/** Text goes out token by token, a tool call in one line, as Ollama does. */
async function* lines(
  call: Call,
  turn: Turn,
  head: object,
  say: Say,
  tokens: Tokens,
): AsyncGenerator<string> {
  for (const part of turn.parts) {
    for await (const piece of tokens(part)) {
      if (part.type === "text") yield line({ ...head, ...say(piece), done: false });
    }
    if (part.type === "tool") yield line({ ...head, ...say("", [toolCall(part)]), done: false });
  }
  yield line(final(call, turn, head, say, []));
}

/** The last line, or the whole answer: `parts` is what was not said yet. */
function final(call: Call, turn: Turn, head: object, say: Say, parts: readonly Part[]): object {
  const calls = parts.filter((part) => part.type === "tool").map(toolCall);
  const text = parts.length > 0 ? (turnText(turn) ?? "") : "";
  const nanoseconds = Math.round((call.clock.wall() - call.createdMs) * 1e6);
  return {
    ...head,
    ...say(text, calls.length > 0 ? calls : undefined),
    done: true,
    done_reason: turn.finish === "length" ? "length" : "stop",
    total_duration: nanoseconds,
    load_duration: 0,
    prompt_eval_count: turn.inputTokens,
    prompt_eval_duration: 0,
    eval_count: turn.outputTokens,
    eval_duration: nanoseconds,
  };
}

/** Ollama gives arguments as an object. */
function toolCall(part: Extract<Part, { type: "tool" }>): object {
  return { function: { name: part.name, arguments: argumentsOf(part) } };
}
