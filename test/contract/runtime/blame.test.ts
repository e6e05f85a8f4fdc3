/** One client's refusals and limits are its own: no request of another client pays for them. */

import { expect } from "vitest";
import { ok } from "../../support/behaviours.ts";
import { contract, type Kit, type Row, uniquePath } from "../../support/contract.ts";
import { answerBytes, type Behaviour, type FaultUpstream } from "../../support/fault-upstream.ts";
import type { Pair } from "../../support/http-message.ts";
import type { RunningProxy } from "../../support/programs.ts";
import { request } from "../../support/raw-request.ts";

interface Fixture {
  readonly a: FaultUpstream;
  readonly b: FaultUpstream;
  readonly proxy: RunningProxy;
}

const RETRY = "retry: {attempts: 3, initial: 100}";

/** How upstreams get their own credentials; `passing` gets the client's. */
const CREDENTIALS = {
  auth: "auth: {type: bearer, token: sk-own}",
  field: "headers: [{op: replace, key: x-api-key, value: sk-own}]",
  passing: "",
} as const;

type Kind = keyof typeof CREDENTIALS;

/** Each row has its own upstreams in the proxy, so that what they learn is not shared. */
const ROWS = 24;

async function setup({ upstream, start }: Kit): Promise<Fixture> {
  const a = await upstream({ keepAlive: false });
  const b = await upstream({ keepAlive: false });
  const kinds = Object.keys(CREDENTIALS) as Kind[];
  const names = kinds.flatMap((kind) =>
    Array.from({ length: ROWS }, (_, i) => ({ kind, name: `${kind}${i}` })),
  );
  const yaml = `
http_server:
  forwards:
${names.map(({ name }) => `    - {name: ${name}, port: 0, address: 127.0.0.1, upstream_group: ${name}}\n    - {name: pair-${name}, port: 0, address: 127.0.0.1, upstream_group: pair-${name}}`).join("\n")}
  admin: {port: 0, address: 127.0.0.1}
upstreams:
${names.map(({ kind, name }) => `  - {name: ${name}-a, url: "${a.url}", ${CREDENTIALS[kind]}}\n  - {name: ${name}-first, url: "${a.url}", ${CREDENTIALS[kind]}}\n  - {name: ${name}-second, url: "${b.url}", ${CREDENTIALS[kind]}}`).join("\n")}
upstream_groups:
${names.map(({ name }) => `  - {name: ${name}, upstreams: [{name: ${name}-a}]}\n  - {name: pair-${name}, upstreams: [{name: ${name}-first}, {name: ${name}-second}], balance: {strategy: failover}, http_client: {${RETRY}}}`).join("\n")}
`;
  return { a, b, proxy: await start(yaml) };
}

let used = 0;

/** A stage of one row: one upstream (`alone`), or a first and a second one. */
function stage({ a, b, proxy }: Fixture, kind: Kind) {
  const name = `${kind}${used % ROWS}`;
  used += 1;
  const path = uniquePath("/v1/chat/completions");
  b.on(path, ok("b"));
  async function ask(forward: string, model: string, key: string) {
    const answer = await request(proxy.port(forward), path, {
      body: JSON.stringify({ model }),
      headers: [["authorization", `Bearer ${key}`]],
    });
    const code = answer.header("x-llmproxy-error");
    return `${answer.status}${code === undefined ? "" : ` ${code}`}`;
  }
  return {
    path,
    script: (...script: readonly [Behaviour, ...Behaviour[]]) => a.on(path, ...script),
    count: () => a.requests(path).length,
    alone: (model = "m", key = "A") => ask(name, model, key),
    pair: (model = "m", key = "A") => ask(`pair-${name}`, model, key),
    /** Waits for the log line of a cool-down of `alone`'s upstream, or of the first one of `pair`. */
    cooled: async (which: "a" | "first") => {
      const upstream = `${name}-${which}`;
      const line = await proxy.logged(
        (it) => it["msg"] === "upstream cools down" && it["upstream"] === upstream,
      );
      return [line["level"], line["reason"], line["seconds"]];
    },
    /** Waits for the log line of this stage's first request that took two attempts. */
    trace: async () => (await proxy.logged((it) => it["path"] === path && it["attempts"] === 2))["trace"],
    /** Waits for the log line of this stage's request that found no upstream available. */
    unavailable: async () =>
      (await proxy.logged((it) => it["path"] === path && it["error"] === "no_upstream_available"))["detail"],
  };
}

function refusing(status: number, error: object = {}, headers: readonly Pair[] = []): Behaviour {
  return async (exchange) => {
    await exchange.body();
    const body = JSON.stringify({ error: { message: "no", type: "x", code: null, ...error } });
    exchange.write(answerBytes(status, [["content-type", "application/json"], ...headers], body));
  };
}

/** Answers 429 with Retry-After for a request that `isLimited` holds for, and 200 for all else. */
function limiting(isLimited: (body: string, key: string | undefined) => boolean): Behaviour {
  return async (exchange) => {
    const body = (await exchange.body()).toString();
    const limited = isLimited(body, exchange.request.header("authorization"));
    await (limited ? refusing(429, {}, [["retry-after", "120"]]) : ok("a"))(exchange);
  };
}

const own: readonly Kind[] = ["auth", "field"];

const rows: readonly Row<Fixture & Kit>[] = [
  ...own.flatMap((kind): Row<Fixture & Kit>[] => [
    {
      name: `${kind}: a 403 is about its request: it moves on and the upstream is not passed over`,
      async run(fixture) {
        const two = stage(fixture, kind);
        two.script(refusing(403));
        for (let i = 0; i < 6; i += 1) expect(await two.pair()).toBe("200");
        expect(two.count()).toBe(6);
        expect(await two.trace()).toMatch(
          /^"\w+-first";outcome=status_403;ms=\d+, "\w+-second";outcome=status_200;ms=\d+$/,
        );
        const one = stage(fixture, kind);
        one.script(refusing(403), ok("a"));
        expect([await one.alone(), await one.alone()]).toEqual(["403", "200"]);
      },
    },
    {
      name: `${kind}: the third 401 in a row cools, the first two do not`,
      async run(fixture) {
        const { script, pair, count, cooled } = stage(fixture, kind);
        script(refusing(401), refusing(401), ok("a"), refusing(401), refusing(401), refusing(401), ok("a"));
        for (let i = 0; i < 8; i += 1) expect(await pair()).toBe("200");
        expect(count()).toBe(6);
        expect(await cooled("first")).toEqual(["warn", "unauthorized", 60]);
      },
    },
    {
      name: `${kind}: 401s never cool the last available upstream: its own answer is the client's`,
      async run(fixture) {
        const { script, alone, count } = stage(fixture, kind);
        script(refusing(401));
        for (let i = 0; i < 6; i += 1) expect(await alone()).toBe("401");
        expect(count()).toBe(6);
      },
    },
    ...[402, 429].map(
      (status): Row<Fixture & Kit> => ({
        name: `${kind}: an empty account told by ${status} cools at once, but not the last available upstream`,
        async run(fixture) {
          const { script, pair, alone, count, cooled } = stage(fixture, kind);
          script(refusing(status, { type: "insufficient_quota", code: "insufficient_quota" }));
          expect([await pair(), await pair()]).toEqual(["200", "200"]);
          expect(count()).toBe(1);
          expect(await cooled("first")).toEqual(["warn", "account_empty", 60]);
          expect([await alone(), await alone()]).toEqual([`${status}`, `${status}`]);
          expect(count()).toBe(3);
        },
      }),
    ),
    {
      name: `${kind}: a 429 with Retry-After limits one model, not the others`,
      async run(fixture) {
        const { script, alone, count } = stage(fixture, kind);
        script(limiting((body) => body.includes("small")));
        expect(await alone("small")).toBe("429");
        expect(await alone("small")).toBe("503 no_upstream_available");
        expect(await alone("small", "B")).toBe("503 no_upstream_available");
        expect(await alone("large")).toBe("200");
        expect(count()).toBe(2);
      },
    },
  ]),
  {
    name: "passing: a 429 with Retry-After limits one key, not the others",
    async run(fixture) {
      const { script, alone, count, unavailable } = stage(fixture, "passing");
      script(limiting((_, key) => key === "Bearer A"));
      expect(await alone("m", "A")).toBe("429");
      expect(await alone("m", "A")).toBe("503 no_upstream_available");
      expect(await unavailable()).toBe("1 limited");
      expect(await alone("m", "B")).toBe("200");
      expect(await alone("n", "A")).toBe("429");
      expect(count()).toBe(3);
    },
  },
  {
    name: "passing: a limited request moves on while the upstream serves others",
    async run(fixture) {
      const { script, pair, count } = stage(fixture, "passing");
      script(limiting((_, key) => key === "Bearer A"));
      expect([await pair("m", "A"), await pair("m", "A"), await pair("m", "A")]).toEqual([
        "200",
        "200",
        "200",
      ]);
      expect(count()).toBe(1);
      expect(await pair("m", "B")).toBe("200");
      expect(count()).toBe(2);
    },
  },
  {
    name: "passing: a 503's Retry-After is the whole upstream's",
    async run(fixture) {
      const { script, alone, count, cooled, unavailable } = stage(fixture, "passing");
      script(refusing(503, {}, [["retry-after", "120"]]), ok("a"));
      expect(await alone("m", "A")).toBe("503");
      expect(await alone("n", "B")).toBe("503 no_upstream_available");
      expect(count()).toBe(1);
      expect(await cooled("a")).toEqual(["warn", "retry_after", 120]);
      expect(await unavailable()).toBe("1 cooling");
    },
  },
  ...[401, 402, 403].map(
    (status): Row<Fixture & Kit> => ({
      name: `passing: a ${status} is the client's answer, however often, and cools nothing`,
      async run(fixture) {
        const { script, pair, count } = stage(fixture, "passing");
        script(refusing(status, { code: "insufficient_quota" }, [["retry-after", "120"]]));
        for (let i = 0; i < 5; i += 1) expect(await pair("m", "A")).toBe(`${status}`);
        expect(count()).toBe(5);
      },
    }),
  ),
];

contract("blame has a scope", setup, rows);
