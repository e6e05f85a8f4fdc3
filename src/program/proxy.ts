/** The whole proxy of one configuration: upstreams, groups and forwards, wired together. Listens to nothing yet. */

import { createBalancer } from "../balance/create.ts";
import { createBudget } from "../base/budget.ts";
import type { Clock, Random } from "../base/clock.ts";
import { createDeadlines, type Deadlines } from "../base/deadlines.ts";
import type { Config, GroupConfig } from "../config/config.ts";
import { createForward, type Forward } from "../forward/app.ts";
import { createPseudonym } from "../forward/loop.ts";
import { createGroup, type Group } from "../group/group.ts";
import type { Log } from "../log/log.ts";
import type { Metrics } from "../metrics/metrics.ts";
import type { Runtime } from "../runtime/runtime.ts";
import type { BreakerListener } from "../upstream/breaker.ts";
import type { CoolDownOptions } from "../upstream/cool-down.ts";
import type { GroupHealth } from "../upstream/group-health.ts";
import { createHealthCheck, type HealthCheck } from "../upstream/health-check.ts";
import { createLimitScopes } from "../upstream/limit-scope.ts";
import { createMember } from "../upstream/member.ts";
import { createUpstream, type Upstream } from "../upstream/upstream.ts";

export interface LlmProxy {
  readonly forwards: readonly Forward[];
  /** What `GET /health/upstreams` shows. */
  health(): readonly GroupHealth[];
  /** Begins to check the upstreams that have a `health_check`; the first check of each goes out at once. */
  startHealthChecks(): void;
  /** Ends the checks and closes the upstream connections. */
  close(): void;
}

export interface ProxyDeps {
  readonly runtime: Pick<
    Runtime,
    | "createFetch"
    | "watchBody"
    | "readAtOnce"
    | "headLeavesWithBody"
    | "createResponse"
    | "createAbortController"
    | "upgrade"
  >;
  readonly metrics: Metrics;
  readonly log: Log;
  readonly clock: Clock;
  /** @default one timer for all of them */
  readonly deadlines?: Deadlines;
  readonly random: Random;
  /**
   * Whether answers and the log tell of every attempt.
   * @default false
   */
  readonly tracing?: boolean;
}

export function createProxy(
  config: Config,
  { runtime, metrics, log, clock, deadlines = createDeadlines(clock), random, tracing = false }: ProxyDeps,
): LlmProxy {
  const budget = createBudget(config.bufferLimit);
  const scopes = createLimitScopes(random);
  const { createFetch } = runtime;
  const upstreams = new Map(
    config.upstreams.map((upstream) => [
      upstream.name,
      createUpstream(upstream, logBreaker(upstream.name, log), logCoolDown(upstream.name, log)),
    ]),
  );
  const groups = new Map<string, Group>();
  for (const group of config.groups) {
    const members = group.members.map((member, index) =>
      createMember(group, member, index, named(upstreams, member.upstream), { createFetch, metrics, clock }),
    );
    const balancer = createBalancer(group.strategy, { random, clock });
    groups.set(
      group.name,
      createGroup(group, { members, balancer, budget, scopes, clock, deadlines, random, runtime }),
    );
  }
  const pseudonym = createPseudonym(random);
  const forwards = config.forwards.map((forward, index) =>
    createForward(forward, {
      pseudonym: `${pseudonym}-${index}`,
      groups,
      budget,
      clock,
      deadlines,
      log,
      metrics: metrics.forward(forward.name),
      runtime,
      tracing,
    }),
  );
  const checks = createHealthChecks(config.groups, groups, { clock, random, log });
  return {
    forwards,
    health: () => [...groups.values()].map((group) => healthOf(group, clock.now())),
    startHealthChecks() {
      for (const check of checks) check.start();
    },
    close() {
      for (const check of checks) check.stop();
      for (const { members } of groups.values()) for (const { client } of members) client.close();
    },
  };
}

/** Logs when a breaker opens and closes; its calls are counted in the metrics. */
function logBreaker(upstream: string, log: Log): BreakerListener {
  return (from, to) => {
    if (to === "open") log.warn("circuit breaker opened", { upstream, from });
    else if (to === "closed") log.info("circuit breaker closed", { upstream });
  };
}

/** Only this line tells an empty account from a rate limit where both are a 429. */
function logCoolDown(upstream: string, log: Log): CoolDownOptions["onBegin"] {
  return (reason, ms) => log.warn("upstream cools down", { upstream, reason, seconds: Math.ceil(ms / 1000) });
}

/** One for each upstream that is to be checked, over the client of the first group that uses it. */
function createHealthChecks(
  configs: readonly GroupConfig[],
  groups: ReadonlyMap<string, Group>,
  { clock, random, log }: Pick<ProxyDeps, "clock" | "random" | "log">,
): readonly HealthCheck[] {
  const checks = new Map<Upstream, HealthCheck>();
  for (const { name, client } of configs) {
    for (const {
      upstream,
      client: { fetch },
    } of groups.get(name)?.members ?? []) {
      const { config } = upstream;
      if (config.healthCheck === undefined || checks.has(upstream)) continue;
      const onResult = (well: boolean, detail: string): void => {
        if (!upstream.checked(well, clock.now())) return;
        if (well) log.info("upstream is up", { upstream: config.name });
        else log.warn("upstream is down", { upstream: config.name, check: detail });
      };
      const deps = { fetch, agent: client.agent, clock, random, onResult };
      checks.set(upstream, createHealthCheck(config, config.healthCheck, deps));
    }
  }
  return [...checks.values()];
}

function named(upstreams: ReadonlyMap<string, Upstream>, name: string): Upstream {
  const upstream = upstreams.get(name);
  if (upstream === undefined) throw new Error(`no upstream ${name}`);
  return upstream;
}

function healthOf({ name, members }: Group, now: number): GroupHealth {
  const upstreams = members.map(({ upstream, weight }) => ({
    name: upstream.config.name,
    state: upstream.state(now),
    available: upstream.availableIn(now) === 0,
    inFlight: upstream.inFlight,
    limits: upstream.limits.count(now),
    weight,
  }));
  return { name, available: upstreams.some(({ available }) => available), upstreams };
}
