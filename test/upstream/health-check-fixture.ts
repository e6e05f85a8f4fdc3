/** A health check whose upstream plays a script, and the answers that scripts are made of. */

import { Secret } from "../../src/base/secret.ts";
import type { UpstreamConfig } from "../../src/config/config.ts";
import { type FetchInit, TransportError } from "../../src/runtime/runtime.ts";
import { createHealthCheck } from "../../src/upstream/health-check.ts";
import { createFakeClock } from "../support/fake-clock.ts";

export const UPSTREAM: UpstreamConfig = {
  name: "u",
  url: "https://gpu.internal:8443/v1?api-version=7",
  path: "join",
  auth: { type: "bearer", token: new Secret("k") },
  headers: [{ op: "replace", key: "x-org", value: new Secret("o") }],
};
export const CONFIG = { path: "/healthz?full", interval: 10_000, timeout: 2_000, healthy: 2, unhealthy: 3 };

export type Answer = (init: FetchInit) => Promise<Response>;

export interface StageOptions {
  readonly random?: number;
  readonly path?: string;
  readonly upstream?: Partial<UpstreamConfig>;
}

/** A check whose upstream answers by the script; the last answer stays. */
export function createStage(
  script: readonly [Answer, ...Answer[]],
  { random = 0.5, path = CONFIG.path, upstream: changes = {} }: StageOptions = {},
) {
  const clock = createFakeClock();
  const results: string[] = [];
  const calls: { readonly url: string; readonly init: FetchInit; readonly at: number }[] = [];
  let running = 0;
  let most = 0;
  const check = createHealthCheck(
    { ...UPSTREAM, ...changes },
    { ...CONFIG, path },
    {
      async fetch(url, init) {
        calls.push({ url, init, at: clock.now() });
        running += 1;
        most = Math.max(most, running);
        try {
          return await (script[Math.min(calls.length, script.length) - 1] ?? script[0])(init);
        } finally {
          running -= 1;
        }
      },
      agent: "LLMProxy/1.0",
      clock,
      random: () => random,
      onResult: (well, detail) => results.push(`${well ? "well" : "ill"}: ${detail}`),
    },
  );
  return {
    clock,
    results,
    calls,
    check,
    get running() {
      return running;
    },
    get most() {
      return most;
    },
  };
}

export const status =
  (code: number, headers: Record<string, string> = {}): Answer =>
  () =>
    Promise.resolve(new Response(null, { status: code, headers }));

export const failing =
  (kind: TransportError["kind"]): Answer =>
  () =>
    Promise.reject(new TransportError(kind, true, "no"));

/** Says nothing until it is given up. */
export const hang: Answer = ({ signal }) =>
  new Promise((_resolve, reject) => {
    signal.addEventListener("abort", () => reject(signal.reason), { once: true });
  });

export const delayed =
  (clock: { after(ms: number, callback: () => void): unknown }, ms: number, answer: Answer): Answer =>
  (init) =>
    new Promise((resolve) => {
      clock.after(ms, () => resolve(answer(init)));
    });
