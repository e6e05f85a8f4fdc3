import type { UpstreamConfig } from "../../src/config/config.ts";
import { createUpstream, type Upstream, type UpstreamCall } from "../../src/upstream/upstream.ts";

/** What an upstream's availability may depend on. */
export type Options = Pick<Partial<UpstreamConfig>, "breaker" | "rateLimit" | "maxInFlight" | "healthCheck">;

export const breaker = { threshold: 0.5, cooldown: 1_000 };
export const check = { path: "/", interval: 10_000, timeout: 1_000 };

export function upstream(options: Options = {}): Upstream {
  return createUpstream({
    name: "u",
    url: "http://127.0.0.1",
    path: "join",
    auth: { type: "none" },
    headers: [],
    ...options,
  });
}

export function begin(one: Upstream | undefined, now: number): UpstreamCall {
  if (one === undefined) throw new Error("no such upstream");
  return one.begin(now, () => {});
}

/** So many failures in a row that its breaker opens. */
export function fail(one: Upstream | undefined, now: number): void {
  for (let i = 0; i < 5; i += 1) begin(one, now).settle("failure", now);
}
