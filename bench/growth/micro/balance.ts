/** Choosing an upstream: each strategy's pick alone, and the pass that finds out who is available before it. */

import type { Candidate } from "../../../src/balance/balancer.ts";
import { createBalancer } from "../../../src/balance/create.ts";
import { STRATEGIES, type UpstreamConfig } from "../../../src/config/config.ts";
import { createUpstream } from "../../../src/upstream/upstream.ts";
import { microsOf } from "./timing.ts";

const CLIENTS = Array.from({ length: 1024 }, (_, i) => `10.0.${i >> 8}.${i & 255}`);

/** As busy as upstreams are: not all alike. */
function candidate(_: unknown, i: number): Candidate {
  return { name: `upstream-${i}`, weight: 1 + (i % 5), inFlight: (i * 7) % 10, share: 1 };
}

/** Microseconds a pick, by strategy; `availability` is the pass. */
export function measureBalance(upstreams: number, ms: number): ReadonlyMap<string, number> {
  const candidates = Array.from({ length: upstreams }, candidate);
  const picks = STRATEGIES.map((strategy) => {
    const balancer = createBalancer(strategy, { random: Math.random });
    // Strategies that learn have something to go by, as after a while.
    for (let i = 0; i < 8; i += 1) {
      for (const [at, one] of candidates.entries()) {
        balancer.settled?.(one, { success: true, firstByteMs: 100 + at });
      }
    }
    const work = (times: number): number => {
      let sum = 0;
      for (let i = 0; i < times; i += 1) sum += balancer.pick(candidates, CLIENTS[i & 1023] ?? "").weight;
      return sum;
    };
    return [strategy, microsOf(work, ms)] as const;
  });
  return new Map([...picks, ["availability", measureAvailability(upstreams, ms)]]);
}

/** With all that an upstream can have: limit, breaker, health, bound. */
function upstreamConfig(_: unknown, i: number): UpstreamConfig {
  return {
    name: `upstream-${i}`,
    url: `http://127.0.0.1:1/${i}`,
    path: "join",
    auth: { type: "none" },
    headers: [],
    breaker: { threshold: 0.5, cooldown: 30_000 },
    rateLimit: { perSecond: 1_000_000, burst: 1_000_000 },
    maxInFlight: 1000,
    healthCheck: { path: "/", interval: 10_000, timeout: 1000, healthy: 1, unhealthy: 1 },
  };
}

function measureAvailability(upstreams: number, ms: number): number {
  const all = Array.from({ length: upstreams }, upstreamConfig).map((config) => createUpstream(config));
  return microsOf((times) => {
    let available = 0;
    for (let i = 0; i < times; i += 1) {
      const now = performance.now();
      if (all.every((upstream) => upstream.availableIn(now) === 0)) available += 1;
    }
    return available;
  }, ms);
}
