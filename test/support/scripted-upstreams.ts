import type { Balancer } from "../../src/balance/balancer.ts";
import { createBalancer } from "../../src/balance/create.ts";
import { type Budget, createBudget } from "../../src/base/budget.ts";
import { createDeadlines, type Deadlines } from "../../src/base/deadlines.ts";
import type { GroupConfig, HttpClientConfig, Strategy, UpstreamConfig } from "../../src/config/config.ts";
import { createGroup, type Group, type GroupAnswer } from "../../src/group/group.ts";
import type { OutgoingRequest, StreamEnd } from "../../src/message/request.ts";
import { createMetrics, type Metrics } from "../../src/metrics/metrics.ts";
import type { FetchInit, Handshake } from "../../src/runtime/runtime.ts";
import { createLimitScopes } from "../../src/upstream/limit-scope.ts";
import { createMember } from "../../src/upstream/member.ts";
import { createUpstream, type Upstream } from "../../src/upstream/upstream.ts";
import { createFakeClock, type FakeClock } from "./fake-clock.ts";
import { webRuntime } from "./web-runtime.ts";

/** What a scripted upstream does with one call: answers, throws, or waits until it is aborted. */
export type Step = (init: FetchInit, url: string) => Response | Promise<Response>;

export interface Call {
  readonly at: number;
  readonly upstream: string;
  readonly url: string;
  readonly init: FetchInit;
}

export interface Rig {
  readonly group: Group;
  readonly clock: FakeClock;
  readonly deadlines: Deadlines;
  readonly metrics: Metrics;
  readonly budget: Budget;
  readonly upstreams: readonly Upstream[];
  /** Every call that was made, in order. */
  readonly calls: readonly Call[];
  /** How the bodies that were passed on ended. */
  readonly ends: (StreamEnd | undefined)[];
  readonly client: AbortController;
  send(request?: Partial<OutgoingRequest>): Promise<GroupAnswer>;
}

export interface RigOptions {
  readonly strategy?: Strategy;
  readonly client?: Partial<HttpClientConfig>;
  readonly upstream?: Partial<UpstreamConfig>;
  readonly random?: () => number;
  readonly bufferLimit?: number;
  /** In place of the strategy's own. */
  readonly balancer?: Balancer;
  /** What a step's answer to a WebSocket handshake stands for. @default a refusal */
  readonly handshake?: (answer: Response) => Handshake;
  /** @default false */
  readonly headLeavesWithBody?: boolean;
  /** For scripts that take time. */
  readonly clock?: FakeClock;
}

/** Steps of a script that is over are refused loudly. */
const overdue: Step = () => {
  throw new Error("a call that the script does not foresee");
};

/** A group over upstreams `a`, `b`, …, each of which plays its script, one step a call. */
export function createRig(scripts: Readonly<Record<string, readonly Step[]>>, options: RigOptions = {}): Rig {
  const clock = options.clock ?? createFakeClock();
  const deadlines = createDeadlines(clock);
  const metrics = createMetrics({ runtime: "test", version: "0", processStats: () => ({}) });
  const random = options.random ?? (() => 0.5);
  const budget = createBudget(options.bufferLimit ?? 1e9);
  const calls: Call[] = [];
  const ends: (StreamEnd | undefined)[] = [];
  const client = new AbortController();
  const names = Object.keys(scripts);
  const upstreams = names.map((name) =>
    createUpstream({
      name,
      url: `http://${encodeURIComponent(name).replaceAll("%", "")}`,
      path: "join",
      auth: { type: "none" },
      headers: [],
      ...options.upstream,
    }),
  );
  const config: GroupConfig = {
    name: "g",
    members: names.map((upstream) => ({ upstream, weight: 1 })),
    strategy: options.strategy ?? "roundrobin",
    client: {
      agent: "LLMProxy/1.0",
      keepAlive: 0,
      streamMode: true,
      redirects: "pass",
      timeouts: { connect: 10_000, request: 300_000, stall: 300_000, total: 600_000, idle: 60_000 },
      explicit: [],
      ...options.client,
    },
  };
  const members = upstreams.map((upstream, index) => {
    const { name } = upstream.config;
    const script = [...(scripts[name] ?? [])];
    const fetch = async (url: string, init: FetchInit): Promise<Response> => {
      calls.push({ at: clock.now(), upstream: name, url, init });
      return (script.shift() ?? overdue)(init, url);
    };
    const createFetch = () => ({
      fetch,
      async openSocket(url: string, init: FetchInit): Promise<Handshake> {
        const response = await fetch(url, init);
        return options.handshake?.(response) ?? { type: "refused", response };
      },
      close() {},
    });
    const deps = { createFetch, metrics, clock };
    return createMember(config, { upstream: name, weight: 1 }, index, upstream, deps);
  });
  const balancer = options.balancer ?? createBalancer(config.strategy, { random, clock });
  const group = createGroup(config, {
    members,
    balancer,
    budget,
    scopes: createLimitScopes(random),
    clock,
    deadlines,
    random,
    runtime: { ...webRuntime, headLeavesWithBody: options.headLeavesWithBody ?? false },
  });
  return {
    group,
    clock,
    deadlines,
    metrics,
    budget,
    upstreams,
    calls,
    ends,
    client,
    send: (request) =>
      group.send({
        id: "r",
        method: "POST",
        path: "/v1/chat/completions",
        query: "",
        headers: new Headers(),
        client: "192.0.2.1",
        via: { peer: "192.0.2.1", trusted: false, protocol: "http", pseudonym: "llmproxy-a" },
        body: { type: "none" },
        signal: client.signal,
        writeTimeout: 300_000,
        observer: { chunk() {}, end: (end) => ends.push(end) },
        ...request,
      }),
  };
}
