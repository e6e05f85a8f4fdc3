import { Hono } from "hono";
import type { Clock } from "../base/clock.ts";
import { countMessageTokens, messages } from "./anthropic.ts";
import { ApiError, type Dialect, dialectOf, errorResponse } from "./api-error.ts";
import { createCall, type SimulatorEnv } from "./call.ts";
import { maybeFail } from "./chaos.ts";
import { createFileStore } from "./file-store.ts";
import { getModel, listModels } from "./models.ts";
import { ollamaChat, ollamaGenerate, ollamaTags } from "./ollama.ts";
import { chatCompletions } from "./openai-chat.ts";
import { completions } from "./openai-completions.ts";
import { embeddings } from "./openai-embeddings.ts";
import { filesApi } from "./openai-files.ts";
import { responses } from "./openai-responses.ts";
import { type Settings, type SimulatorOptions, withDefaults } from "./options.ts";
import { withOverrides } from "./overrides.ts";
import { sleep } from "./pace.ts";
import { hash, seeded, token } from "./random.ts";
import { createStats } from "./stats.ts";

/**
 * A simulated provider of LLM APIs: OpenAI's (chat completions, completions, responses, embeddings, models, files),
 * Anthropic's (messages, count_tokens, models) and Ollama's (chat, generate, tags), as the official SDKs expect them.
 *
 * What it says depends on the seed and on how many requests came before, never on the clock, which only paces and
 * dates it. Headers `x-sim-…` change its behaviour for one request (see `overrides.ts`). `GET /sim/stats` tells
 * what became of the generations; it is no API request and counts as none.
 */
export function createSimulator(
  options: SimulatorOptions,
  deps: { readonly clock: Clock },
): Hono<SimulatorEnv> {
  const settings = withDefaults(options);
  const stats = createStats();
  const files = filesApi(createFileStore(settings.maxFileBytes, settings.maxFiles));
  const app = new Hono<SimulatorEnv>();

  app.get("/sim/stats", (context) => context.json({ name: settings.name, ...stats }));

  // Marks every answer, refusals of the steps below included.
  app.use(async (context, next) => {
    const started = deps.clock.now();
    const sequence = ++stats.requests;
    const requestId = requestIdOf(settings, sequence);
    context.set("sequence", sequence);
    context.set("requestId", requestId);
    await next();
    const { headers } = context.res;
    headers.set("x-sim-name", settings.name);
    const dialect = dialectOf(context.req.raw);
    for (const [name, value] of providerHeaders(dialect, requestId, deps.clock.now() - started)) {
      headers.set(name, value);
    }
  });

  // In the order in which a provider refuses: the key first, then its own troubles, then what is wrong with the rest.
  app.use(async (context, next) => {
    const { raw } = context.req;
    const { sequence } = context.var;
    checkKey(raw, settings.apiKey);
    const own = withOverrides(settings, raw.headers);
    const call = createCall(own, raw.headers.has("x-sim-seed") ? 0 : sequence, {
      clock: deps.clock,
      stats,
      signal: raw.signal,
    });
    context.set("call", call);
    await sleep(own.headMs, deps.clock, raw.signal);
    maybeFail(own, call.random);
    await next();
  });

  app.post("/v1/chat/completions", chatCompletions);
  app.post("/v1/completions", completions);
  app.post("/v1/responses", responses);
  app.post("/v1/embeddings", embeddings);
  app.get("/v1/models", listModels);
  app.get("/v1/models/:id", getModel);
  app.post("/v1/files", files.upload);
  app.get("/v1/files", files.list);
  app.get("/v1/files/:id", files.get);
  app.get("/v1/files/:id/content", files.content);
  app.delete("/v1/files/:id", files.remove);
  app.post("/v1/messages", messages);
  app.post("/v1/messages/count_tokens", countMessageTokens);
  app.post("/api/chat", ollamaChat);
  app.post("/api/generate", ollamaGenerate);
  app.get("/api/tags", ollamaTags);

  app.notFound(({ req, var: { requestId } }) => {
    const error = new ApiError(404, `Invalid URL (${req.method} ${req.path})`);
    return errorResponse(error, dialectOf(req.raw), requestId);
  });

  app.onError((error, { req, var: { requestId } }) => {
    const told = error instanceof ApiError ? error : unexpected(error, req.raw);
    return errorResponse(told, dialectOf(req.raw), requestId);
  });

  return app;
}

/** The client left, so the answer is not read, or the simulator itself is at fault. */
function unexpected(error: Error, request: Request): ApiError {
  if (request.signal.aborted) return new ApiError(499, "The client closed the connection.");
  return new ApiError(500, `The simulator failed: ${error.message}`);
}

/** The bearer token, or Anthropic's own header. */
function checkKey(request: Request, apiKey: string | undefined): void {
  if (apiKey === undefined) return;
  const { headers } = request;
  const given = headers.get("x-api-key") ?? headers.get("authorization")?.replace(/^bearer /i, "");
  if (given === apiKey) return;
  const message = given === undefined ? "You didn't provide an API key." : "Incorrect API key provided.";
  throw new ApiError(401, message, { code: "invalid_api_key" });
}

function requestIdOf(settings: Settings, sequence: number): string {
  return `req_${token(24, seeded(hash(`${settings.seed}/${sequence}/request`)))}`;
}

function providerHeaders(
  dialect: Dialect,
  requestId: string,
  ms: number,
): readonly (readonly [string, string])[] {
  switch (dialect) {
    case "openai":
      return [
        ["x-request-id", requestId],
        ["openai-version", "2020-10-01"],
        ["openai-processing-ms", String(Math.round(ms))],
      ];
    case "anthropic":
      return [["request-id", requestId]];
    case "ollama":
      return [];
  }
}
