/** How long a pooled connection to an upstream is used again: `timeout.idle`, and what `Keep-Alive` of an answer says. */

import { expect } from "vitest";
import { answer } from "../../support/behaviours.ts";
import { contract, type Kit, type Row, uniquePath } from "../../support/contract.ts";
import type { FaultUpstream } from "../../support/fault-upstream.ts";
import type { RunningProxy } from "../../support/programs.ts";
import { request } from "../../support/raw-request.ts";
import { eventually, now, pause } from "../../support/wait.ts";

interface Case {
  readonly name: string;
  /** `timeout.idle` in seconds. */
  readonly idle: number;
  /** The answers' field. */
  readonly keepAlive?: string;
  /** Seconds that a connection stays; 0: it takes one request; undefined: longer than the row. */
  readonly stays: number | undefined;
}

const cases: readonly Case[] = [
  { name: "idle: 1 is a second", idle: 1, stays: 1 },
  { name: "idle: 2 is two seconds", idle: 2, stays: 2 },
  { name: "a longer Keep-Alive does not lengthen idle", idle: 1, keepAlive: "timeout=600", stays: 1 },
  { name: "Keep-Alive: timeout=2 is a second", idle: 60, keepAlive: "timeout=2", stays: 1 },
  { name: "Keep-Alive with max first is understood", idle: 60, keepAlive: "max=99, timeout=2", stays: 1 },
  { name: "Keep-Alive in upper case is understood", idle: 60, keepAlive: "TIMEOUT=2", stays: 1 },
  { name: "Keep-Alive with spaces is understood", idle: 60, keepAlive: "timeout = 2", stays: 1 },
  { name: "Keep-Alive in quotes is understood", idle: 60, keepAlive: 'Timeout="2"', stays: 1 },
  {
    name: "after Keep-Alive: timeout=1 a connection is not used again",
    idle: 60,
    keepAlive: "timeout=1",
    stays: 0,
  },
  {
    name: "after Keep-Alive: timeout=0 a connection is not used again",
    idle: 60,
    keepAlive: "timeout=0",
    stays: 0,
  },
  { name: "after Keep-Alive: Timeout = 1 neither", idle: 60, keepAlive: "Timeout = 1", stays: 0 },
  { name: "Keep-Alive without a number says nothing", idle: 60, keepAlive: "timeout=soon", stays: undefined },
  { name: "Keep-Alive without timeout says nothing", idle: 60, keepAlive: "max=3", stays: undefined },
];

interface Fixture {
  readonly ups: ReadonlyMap<Case, FaultUpstream>;
  readonly proxy: RunningProxy;
}

const forwardOf = (one: Case): string => `c${cases.indexOf(one)}`;

async function setup({ upstream, start }: Kit): Promise<Fixture> {
  const ups = new Map<Case, FaultUpstream>();
  for (const one of cases) ups.set(one, await upstream());
  const all = [...ups];
  const yaml = `
http_server:
  forwards:
${all.map(([one]) => `    - {name: ${forwardOf(one)}, port: 0, address: 127.0.0.1, upstream_group: ${forwardOf(one)}}`).join("\n")}
upstreams:
${all.map(([one, { url }]) => `  - {name: ${forwardOf(one)}, url: "${url}"}`).join("\n")}
upstream_groups:
${all.map(([one]) => `  - {name: ${forwardOf(one)}, upstreams: [{name: ${forwardOf(one)}}], http_client: {timeout: {idle: ${one.idle}}}}`).join("\n")}
`;
  return { ups, proxy: await start(yaml) };
}

const rows = cases.map(
  (one): Row<Fixture & Kit> => ({
    name: one.name,
    async run({ ups, proxy }) {
      const { stays, keepAlive } = one;
      const up = ups.get(one);
      if (up === undefined) throw new Error("no upstream");
      const path = uniquePath();
      up.on(path, answer(200, keepAlive === undefined ? [] : [["keep-alive", keepAlive]], "ok"));
      const send = async (): Promise<number> => {
        expect((await request(proxy.port(forwardOf(one)), path)).status).toBe(200);
        return up.requests(path).at(-1)?.connection ?? 0;
      };
      const since = now();
      const first = await send();
      if (stays === undefined) {
        await pause(2_500);
        expect(await send()).toBe(first);
        return;
      }
      if (stays > 0) {
        await pause(stays * 500);
        expect(await send()).toBe(first);
      }
      const last = now();
      if (stays > 0) {
        const { left } = await up.request(path, 2);
        const { at } = left ?? (await eventually(() => up.requests(path)[1]?.left, 4_000, "the close"));
        expect(at - since).toBeGreaterThan(stays * 1_000 - 20);
        expect(at - last).toBeLessThan(stays * 1_000 + 500);
      }
      expect(await send()).not.toBe(first);
    },
  }),
);

contract("pooled connections to upstreams", setup, rows, { concurrent: true });
