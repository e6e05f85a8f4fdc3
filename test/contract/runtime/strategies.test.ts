import { expect } from "vitest";
import { ok } from "../../support/behaviours.ts";
import { contract, type Kit, type Row } from "../../support/contract.ts";
import type { Behaviour, FaultUpstream } from "../../support/fault-upstream.ts";
import type { RunningProxy } from "../../support/programs.ts";
import { request } from "../../support/raw-request.ts";
import { createLatch, eventually, pause } from "../../support/wait.ts";

const STRATEGIES = [
  "roundrobin",
  "weighted_roundrobin",
  "random",
  "iphash",
  "least_requests",
  "failover",
  "response_aware",
];

interface Fixture {
  readonly ups: readonly FaultUpstream[];
  readonly proxy: RunningProxy;
}

async function setup({ upstream, start }: Kit): Promise<Fixture> {
  const ups = [await upstream(), await upstream(), await upstream()];
  const yaml = `
http_server:
  forwards:
${STRATEGIES.map((name) => `    - {name: ${name}, port: 0, address: 0.0.0.0, upstream_group: ${name}}`).join("\n")}
upstreams:
${ups.map(({ url }, i) => `  - {name: ${"abc"[i]}, url: "${url}"}`).join("\n")}
upstream_groups:
${STRATEGIES.map((name) => {
  const weight = name === "weighted_roundrobin" ? 5 : 1;
  return `  - {name: ${name}, upstreams: [{name: a, weight: ${weight}}, {name: b}, {name: c}], balance: {strategy: ${name}}}`;
}).join("\n")}
`;
  return { ups, proxy: await start(yaml) };
}

/** Who answered each of `count` requests, sent one after the other. */
async function picks({ proxy }: Fixture, strategy: string, count: number, from?: string): Promise<string> {
  let names = "";
  for (let i = 0; i < count; i += 1) {
    const answer = await request(proxy.port(strategy), "/", from === undefined ? {} : { from });
    expect(answer.status).toBe(200);
    names += answer.header("x-llmproxy-upstream");
  }
  return names;
}

/**
 * The same, but each is over for the proxy too before the next one is sent. A client may have its answer a moment
 * earlier, and an answer that still counts as in flight doubles its upstream's score.
 */
async function settledPicks(fixture: Fixture, strategy: string, count: number): Promise<string> {
  const ended = (): number => fixture.proxy.log.filter((line) => line["forward"] === strategy).length;
  let names = "";
  for (let i = 0; i < count; i += 1) {
    const before = ended();
    names += await picks(fixture, strategy, 1);
    await eventually(() => ended() > before, 2_000, "the request's log line");
  }
  return names;
}

function serveAll({ ups }: Fixture, behaviour: Behaviour = ok()): void {
  for (const up of ups) up.on("/", behaviour);
}

const count = (names: string, name: string): number => [...names].filter((each) => each === name).length;

const rows: readonly Row<Fixture & Kit>[] = [
  {
    name: "roundrobin goes round",
    async run(fixture) {
      serveAll(fixture);
      expect(await picks(fixture, "roundrobin", 6)).toMatch(/^(abcabc|bcabca|cabcab)$/);
    },
  },
  {
    name: "weighted_roundrobin is smooth: 5,1,1 gives a a b a c a a",
    async run(fixture) {
      serveAll(fixture);
      expect(await picks(fixture, "weighted_roundrobin", 14)).toBe("aabacaaaabacaa");
    },
  },
  {
    name: "random reaches all",
    async run(fixture) {
      serveAll(fixture);
      const names = await picks(fixture, "random", 60);
      for (const name of "abc") expect(count(names, name)).toBeGreaterThan(3);
    },
  },
  {
    name: "iphash keeps a client where it was and spreads clients",
    async run(fixture) {
      serveAll(fixture);
      const seen = new Set<string>();
      for (let i = 1; i <= 20; i += 1) {
        const names = await picks(fixture, "iphash", 2, `127.0.0.${i}`);
        expect(names[0]).toBe(names[1]);
        seen.add(names[0] ?? "");
      }
      expect([...seen].sort().join("")).toBe("abc");
    },
  },
  {
    name: "least_requests goes to who has the least to do",
    async run(fixture) {
      const release = createLatch<void>();
      serveAll(fixture, async (exchange) => {
        await release.promise;
        await ok()(exchange);
      });
      const running = [];
      for (let i = 1; i <= 6; i += 1) {
        running.push(picks(fixture, "least_requests", 1));
        await Promise.any(fixture.ups.map((up) => up.request("/", up.requests("/").length + 1)));
      }
      release.open();
      expect((await Promise.all(running)).sort().join("")).toBe("aabbcc");
    },
  },
  {
    name: "failover stays with the first",
    async run(fixture) {
      serveAll(fixture);
      expect(await picks(fixture, "failover", 5)).toBe("aaaaa");
    },
  },
  {
    name: "response_aware learns who is fast",
    async run(fixture) {
      serveAll(fixture, async (exchange) => {
        // Everyone starts at 2 s, so after five samples 889 ms are left of the fast one's score. One of the 3 % of picks
        // that go elsewhere, made right then, must not bring a slow one below that: 754 + 0.62 × its time.
        await pause(400);
        await ok()(exchange);
      });
      fixture.ups[1]?.on("/", ok());
      const learning = await settledPicks(fixture, "response_aware", 15);
      for (const name of "abc") expect(count(learning, name)).toBeGreaterThanOrEqual(4);
      expect(count(await settledPicks(fixture, "response_aware", 40), "b")).toBeGreaterThan(30);
    },
  },
];

contract("strategies", setup, rows);
