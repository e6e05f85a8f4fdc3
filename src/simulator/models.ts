/** `GET /v1/models` in OpenAI's shape, or in Anthropic's for its SDKs, and `GET /v1/models/:id`. */

import { dialectOf } from "./api-error.ts";
import { type Call, checkModel, createdSeconds, type SimulatorContext } from "./call.ts";

/** Listed where every model name is taken. */
const SOME_MODELS: readonly string[] = ["sim-large", "sim-small"];

/** The models to list. */
export function modelNames({ settings }: Call): readonly string[] {
  return settings.models ?? SOME_MODELS;
}

export function listModels(context: SimulatorContext): Response {
  const call = context.var.call;
  const names = modelNames(call);
  const data = names.map((name) => describe(name, context));
  if (dialectOf(context.req.raw) !== "anthropic") return Response.json({ object: "list", data });
  const [first_id = null, last_id = null] = [names[0], names[names.length - 1]];
  return Response.json({ data, has_more: false, first_id, last_id });
}

export function getModel(context: SimulatorContext): Response {
  const name = context.req.param("id") ?? "";
  return Response.json(describe(checkModel(name, context.var.call.settings), context));
}

function describe(name: string, context: SimulatorContext): object {
  const call = context.var.call;
  if (dialectOf(context.req.raw) === "anthropic") {
    return {
      type: "model",
      id: name,
      display_name: name,
      created_at: new Date(call.createdMs).toISOString(),
    };
  }
  return { id: name, object: "model", created: createdSeconds(call), owned_by: call.settings.name };
}
