/** 300 random histories over real sockets: whatever happens, everything ends once and nothing is left. */

import { expect } from "vitest";
import { samplesOf } from "../../conformance/samples.ts";
import { contract, type Kit, type Row } from "../../support/contract.ts";
import type { FaultUpstream } from "../../support/fault-upstream.ts";
import { lehmer, play, randomHistory } from "../../support/histories.ts";
import type { RunningProxy } from "../../support/programs.ts";
import { eventually } from "../../support/wait.ts";

interface Fixture {
  readonly up: FaultUpstream;
  readonly proxy: RunningProxy;
}

const HISTORIES = 300;
const AT_ONCE = 30;
const CLIENT =
  "timeout: {connect: 1, request: 1, stall: 1, first_token: 1, idle: 5}, retry: {attempts: 2, initial: 100}";

async function setup({ upstream, start }: Kit): Promise<Fixture> {
  const up = await upstream();
  const proxy = await start(`
http_server:
  forwards:
    - {name: single, port: 0, address: 127.0.0.1, upstream_group: single}
    - {name: equals, port: 0, address: 127.0.0.1, upstream_group: equals}
    - {name: ordered, port: 0, address: 127.0.0.1, upstream_group: ordered}
  admin: {port: 0, address: 127.0.0.1}
upstreams:
  - {name: a, url: "${up.url}/a"}
  - {name: b, url: "${up.url}/b"}
upstream_groups:
  - {name: single, upstreams: [{name: a}], http_client: {${CLIENT}, stream_mode: false}}
  - {name: equals, upstreams: [{name: a}, {name: b}], balance: {strategy: least_requests}, http_client: {${CLIENT}}}
  - {name: ordered, upstreams: [{name: a}, {name: b}], balance: {strategy: failover}, http_client: {${CLIENT}}}
`);
  return { up, proxy };
}

const rows: readonly Row<Fixture & Kit>[] = [
  {
    name: "every request is settled once, and no socket and no timer is left",
    timeout: 120_000,
    async run({ up, proxy }) {
      const seed = Math.floor(Math.random() * 0x7ffffffe) + 1;
      const random = lehmer(seed);
      const histories = Array.from({ length: HISTORIES }, (_, i) => randomHistory(i, random));
      let next = 0;
      async function worker(): Promise<void> {
        for (let i = next++; i < histories.length; i = next++) {
          const history = histories[i];
          if (history !== undefined)
            expect(await play(history, up, proxy), `seed ${seed}, history ${i}`).toBeUndefined();
        }
      }
      await Promise.all(Array.from({ length: AT_ONCE }, worker));

      const requests = (): number => proxy.log.filter(({ msg }) => msg === "request").length;
      await eventually(() => requests() >= HISTORIES, 10_000, `${HISTORIES} log lines, seed ${seed}`);
      const samples = await samplesOf(proxy);
      const sum = (metric: string): number => samples.sum(metric, {});
      expect({
        seed,
        lines: requests(),
        inFlight: sum("llmproxy_in_flight_requests"),
        requests: sum("llmproxy_http_requests_total"),
        durations: sum("llmproxy_http_request_duration_seconds_count"),
        attempts: sum("llmproxy_upstream_duration_seconds_count"),
      }).toEqual({
        seed,
        lines: HISTORIES,
        inFlight: 0,
        requests: HISTORIES,
        durations: HISTORIES,
        attempts: sum("llmproxy_upstream_requests_total"),
      });
      const ids = new Set(proxy.log.filter(({ msg }) => msg === "request").map(({ id }) => id));
      expect(ids.size).toBe(HISTORIES);
      expect(proxy.log.filter(({ level }) => level === "error")).toEqual([]);

      // Pooled connections go when they have been idle: then nothing holds the process but its listeners.
      await eventually(() => up.open === 0, 20_000, `no connection to the upstream is left, seed ${seed}`);
      proxy.signal("SIGTERM");
      expect(await proxy.exited(3_000), `seed ${seed}`).toBe(0);
      expect(proxy.stderr.split("\n").filter((line) => line !== "" && !line.startsWith("warning: "))).toEqual(
        [],
      );
    },
  },
];

contract("random histories", setup, rows);
