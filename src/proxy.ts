/** The whole proxy of one configuration: upstreams, groups and forwards, wired together. Listens to nothing yet. */

import type { GroupHealth } from "./admin/app.ts";
import { createBalancer } from "./balance/create.ts";
import type { Clock, Random } from "./clock.ts";
import type { Config } from "./config/config.ts";
import { createDeadlines } from "./deadlines.ts";
import { createForward, type Forward } from "./forward/app.ts";
import type { Log } from "./log/log.ts";
import type { Metrics } from "./metrics/metrics.ts";
import type { Runtime } from "./runtime.ts";
import { createBudget } from "./upstream/budget.ts";
import { createGroup, type Group } from "./upstream/group.ts";
import { createMember } from "./upstream/member.ts";
import { createUpstream, type Upstream } from "./upstream/upstream.ts";

export interface LlmProxy {
  readonly forwards: readonly Forward[];
  /** What `GET /health/upstreams` shows. */
  health(): readonly GroupHealth[];
  /** Closes the upstream connections. */
  close(): void;
}

export interface ProxyDeps {
  readonly runtime: Pick<Runtime, "createFetch" | "watchBody">;
  readonly metrics: Metrics;
  readonly log: Log;
  readonly clock: Clock;
  readonly random: Random;
}

export function createProxy(config: Config, { runtime, metrics, log, clock, random }: ProxyDeps): LlmProxy {
  const deadlines = createDeadlines(clock);
  const budget = createBudget(config.bufferLimit);
  const { createFetch, watchBody } = runtime;
  const upstreams = new Map(config.upstreams.map((upstream) => [upstream.name, createUpstream(upstream)]));
  const groups = new Map<string, Group>();
  for (const group of config.groups) {
    const members = group.members.map((member) =>
      createMember(group, member, named(upstreams, member.upstream), { createFetch, metrics }),
    );
    const balancer = createBalancer(group.strategy, { random });
    groups.set(
      group.name,
      createGroup(group, { members, balancer, budget, clock, deadlines, random, watchBody }),
    );
  }
  const forwards = config.forwards.map((forward) =>
    createForward(forward, {
      groups,
      budget,
      clock,
      deadlines,
      log,
      metrics: metrics.forward(forward.name),
      watchBody,
    }),
  );
  return {
    forwards,
    health: () => [...groups.values()].map((group) => healthOf(group, clock.now())),
    close() {
      for (const { members } of groups.values()) for (const { client } of members) client.close();
    },
  };
}

function named(upstreams: ReadonlyMap<string, Upstream>, name: string): Upstream {
  const upstream = upstreams.get(name);
  if (upstream === undefined) throw new Error(`no upstream ${name}`);
  return upstream;
}

function healthOf({ name, members }: Group, now: number): GroupHealth {
  const upstreams = members.map(({ upstream, weight }) => ({
    name: upstream.config.name,
    state: "up" as const,
    available: upstream.availableIn(now) === 0,
    inFlight: upstream.inFlight,
    weight,
  }));
  return { name, available: upstreams.some(({ available }) => available), upstreams };
}
