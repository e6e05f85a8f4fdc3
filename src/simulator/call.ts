import type { Context } from "hono";
import type { Clock, Random } from "../base/clock.ts";
import { ApiError } from "./api-error.ts";
import type { Settings } from "./options.ts";
import { createPace, type Pace } from "./pace.ts";
import { hash, seeded, token } from "./random.ts";
import type { Stats } from "./stats.ts";

/** One request being answered. */
export interface Call {
  readonly settings: Settings;
  /** Of this request alone, so that requests that overlap don't change each other's words. */
  readonly random: Random;
  readonly clock: Clock;
  readonly pace: Pace;
  readonly stats: Stats;
  /** Aborts when the client leaves. */
  readonly signal: AbortSignal;
  /** Milliseconds since 1970. */
  readonly createdMs: number;
  /** A new id (`chatcmpl-…`); its characters depend on the seed. */
  id(prefix: string, length?: number): string;
}

export type SimulatorEnv = { Variables: { call: Call; sequence: number; requestId: string } };
export type SimulatorContext = Context<SimulatorEnv>;

/**
 * @param sequence which request of this simulator it is; a request that brings its own seed doesn't depend on it
 */
export function createCall(
  settings: Settings,
  sequence: number,
  deps: { readonly clock: Clock; readonly stats: Stats; readonly signal: AbortSignal },
): Call {
  const random = seeded(hash(`${settings.seed}/${sequence}`));
  return {
    ...deps,
    settings,
    random,
    pace: createPace(settings, deps.clock, random),
    createdMs: deps.clock.wall(),
    id: (prefix, length = 29) => prefix + token(length, random),
  };
}

/** Unix time in whole seconds, as OpenAI writes `created`. */
export function createdSeconds(call: Call): number {
  return Math.floor(call.createdMs / 1000);
}

/** The model of a request, if there is such a model; else 404. */
export function checkModel(model: string, { models }: Settings, message?: string): string {
  if (!models || models.includes(model)) return model;
  throw new ApiError(
    404,
    message ?? `The model \`${model}\` does not exist or you do not have access to it.`,
    {
      code: "model_not_found",
      param: "model",
    },
  );
}
