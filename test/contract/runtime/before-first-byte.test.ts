import { expect } from "vitest";
import { rawThenFin, rawThenHang, rawThenReset, sseThenHang } from "../../support/behaviours.ts";
import { contract, type Kit, type Row, simpleConfig, uniquePath } from "../../support/contract.ts";
import type { Behaviour, FaultUpstream } from "../../support/fault-upstream.ts";
import type { ProgramName } from "../../support/program-command.ts";
import type { RunningProxy } from "../../support/programs.ts";
import { request } from "../../support/raw-request.ts";

interface Fixture {
  readonly up: FaultUpstream;
  readonly limited: RunningProxy;
  readonly proxy: RunningProxy;
}

async function setup({ upstream, start }: Kit): Promise<Fixture> {
  const up = await upstream();
  const config = (client: string): string => simpleConfig({ upstreams: [["only", up.url]], client });
  return {
    up,
    limited: await start(config("timeout: {first_token: 0.5}")),
    proxy: await start(config("timeout: {stall: 1}")),
  };
}

/** Bun's server holds a head back until the body's first byte, so that until then the answer can be replaced. */
const holdsHead = (program: ProgramName): boolean => program === "bun" || program === "binary";

const heads = {
  "an event stream": "content-type: text/event-stream\r\ntransfer-encoding: chunked",
  "a body with a length": "content-type: application/json\r\ncontent-length: 50",
} as const;

/** A fault after the head, what it is called in the log, and the answer where the head has not left. */
const faults: readonly (readonly [
  name: string,
  fault: (head: string) => Behaviour,
  on: "limited" | "proxy",
  reason: string,
  status: number,
  code: string,
])[] = [
  ["is silent for first_token", rawThenHang, "limited", "first_token_timeout", 504, "upstream_timeout"],
  ["is silent for stall", rawThenHang, "proxy", "stall", 504, "upstream_timeout"],
  ["is reset", rawThenReset, "proxy", "cut", 502, "upstream_reset"],
  ["ends", rawThenFin, "proxy", "cut", 502, "upstream_reset"],
];

const ask = { body: JSON.stringify({ stream: true }) };

const rows = Object.entries(heads).flatMap(([what, fields]): Row<Fixture & Kit>[] => {
  const head = `HTTP/1.1 200 OK\r\n${fields}\r\n\r\n`;
  return [
    ...faults.map(
      ([name, fault, on, reason, status, code]): Row<Fixture & Kit> => ({
        name: `${what} that ${name} before its first byte is cut, or ${status} where its head has not left`,
        async run({ up, program, ...proxies }) {
          const path = uniquePath("/v1/chat/completions");
          up.on(path, fault(head));
          const proxy = proxies[on];
          const answer = await request(proxy.port("main"), path, ask);
          const seen = [answer.status, answer.header("x-llmproxy-error"), answer.end];
          expect(seen).toEqual(holdsHead(program) ? [status, code, "complete"] : [200, undefined, "cut"]);
          const line = await proxy.logged((candidate) => candidate["path"] === path);
          expect([line["status"], line["reason"]]).toEqual([holdsHead(program) ? status : 200, reason]);
        },
      }),
    ),
  ];
});

contract("answers that break before their first byte", setup, [
  ...rows,
  {
    name: "a stream that has begun without content is cut at first_token",
    async run({ up, limited }) {
      const path = uniquePath("/v1/chat/completions");
      up.on(path, sseThenHang(": ping\n\n"));
      const answer = await request(limited.port("main"), path, ask);
      expect([answer.status, answer.text()]).toEqual([200, ": ping\n\n"]);
      expect(answer.end).not.toBe("complete");
    },
  },
]);
