/** Choosing an upstream: who is available, and a strategy's pick among them. */

import { createBalancer } from "../../../src/balance/create.ts";
import {
  type GroupConfig,
  STRATEGIES,
  type Strategy,
  type UpstreamConfig,
} from "../../../src/config/config.ts";
import type { MemberMetrics } from "../../../src/metrics/metrics.ts";
import { createAvailable } from "../../../src/upstream/available.ts";
import { createMember, type Member } from "../../../src/upstream/member.ts";
import { createUpstream, type UpstreamCall } from "../../../src/upstream/upstream.ts";
import { microsOf, type Work } from "./timing.ts";

const CLIENTS = Array.from({ length: 1024 }, (_, i) => `10.0.${i >> 8}.${i & 255}`);

const clock = { now: () => performance.now(), wall: () => 0, after: () => () => {} };

/** Nothing is sent, so nothing is counted. */
const METRICS: MemberMetrics = {
  started() {},
  ended() {},
  failed() {},
  retried() {},
  firstByte() {},
  firstToken() {},
  breakerCall() {},
  breakerChanged() {},
};

const group: GroupConfig = {
  name: "g",
  members: [],
  strategy: "random",
  client: {
    agent: "bench",
    keepAlive: 0,
    streamMode: true,
    redirects: "pass",
    timeouts: { connect: 10_000, request: 300_000, stall: 300_000, total: 600_000, idle: 60_000 },
    explicit: [],
  },
};

/** Microseconds a choice, by strategy, while nothing changes; `changing` is the dearest where something always does. */
export function measureBalance(upstreams: number, ms: number): ReadonlyMap<string, number> {
  const picks = STRATEGIES.map((strategy) => [strategy, microsOf(still(strategy, upstreams), ms)] as const);
  return new Map([...picks, ["changing", microsOf(changing(upstreams), ms)]]);
}

/** All are available, and as busy as upstreams are: not all alike. */
function still(strategy: Strategy, upstreams: number): Work {
  const members = createMembers(upstreams, 1000);
  const available = createAvailable(members);
  const balancer = createBalancer(strategy, { random: Math.random, clock });
  for (const [i, member] of members.entries()) {
    for (let running = 0; running < (i * 7) % 10; running += 1) begin(member);
    // Strategies that learn have something to go by, as after a while.
    for (let n = 0; n < 8; n += 1) balancer.settled?.(member, { success: true, firstByteMs: 100 + i });
  }
  return (times) => {
    let sum = 0;
    for (let i = 0; i < times; i += 1) {
      sum += balancer.pick(available(clock.now()), CLIENTS[i & 1023] ?? "").weight;
    }
    return sum;
  };
}

/** Each takes one request at a time: before each choice one has become full, and another is free again. */
function changing(upstreams: number): Work {
  const members = createMembers(upstreams, 1);
  const available = createAvailable(members);
  const balancer = createBalancer("response_aware", { random: Math.random, clock });
  const running: UpstreamCall[] = [];
  return (times) => {
    let sum = 0;
    for (let i = 0; i < times; i += 1) {
      if (running.length > upstreams / 20) running.shift()?.settle("success", clock.now());
      const candidates = available(clock.now());
      if (candidates.length === 0) continue;
      const member = balancer.pick(candidates, "");
      running.push(begin(member));
      sum += member.weight;
    }
    return sum;
  };
}

function createMembers(upstreams: number, maxInFlight: number): readonly Member[] {
  const createFetch = (): Member["client"] => ({ fetch: () => Promise.reject(new Error()), close() {} });
  const deps = { createFetch, metrics: { member: () => METRICS }, clock };
  return Array.from({ length: upstreams }, (_, i) => {
    const member = { upstream: `upstream-${i}`, weight: 1 + (i % 5) };
    const upstream = createUpstream(upstreamConfig(i, maxInFlight));
    return createMember(group, member, i, upstream, deps);
  });
}

/** With all that an upstream can have: limit, breaker, health, bound. */
function upstreamConfig(i: number, maxInFlight: number): UpstreamConfig {
  return {
    name: `upstream-${i}`,
    url: `http://127.0.0.1:1/${i}`,
    path: "join",
    auth: { type: "none" },
    headers: [],
    breaker: { threshold: 0.5, cooldown: 30_000 },
    rateLimit: { perSecond: 1_000_000, burst: 1_000_000 },
    maxInFlight,
    healthCheck: { path: "/", interval: 10_000, timeout: 1000, healthy: 1, unhealthy: 1 },
  };
}

function begin({ upstream }: Member): UpstreamCall {
  return upstream.begin(clock.now(), () => {});
}
