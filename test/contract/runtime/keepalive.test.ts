import { readFileSync } from "node:fs";
import { expect } from "vitest";
import { hang } from "../../support/behaviours.ts";
import { contract, type Kit, type Row, simpleConfig, uniquePath } from "../../support/contract.ts";
import type { FaultUpstream } from "../../support/fault-upstream.ts";
import type { RunningProxy } from "../../support/programs.ts";
import { requestBytes } from "../../support/raw-request.ts";
import { eventually } from "../../support/wait.ts";
import { NO_TCP_KEEPALIVE } from "./lacks.ts";

interface Fixture {
  readonly up: FaultUpstream;
  readonly on: RunningProxy;
  readonly off: RunningProxy;
}

const hex = (port: number): string => port.toString(16).toUpperCase().padStart(4, "0");

/** Whether the system runs a keepalive timer on a connection to `port` (`tr` 02 in /proc/net/tcp); undefined: none is there. */
function keepsAlive(port: number): boolean | undefined {
  const rows = readFileSync("/proc/net/tcp", "utf8").trim().split("\n").slice(1);
  for (const row of rows) {
    const [, , remote = "", state, , timer = ""] = row.trim().split(/\s+/);
    if (remote.endsWith(`:${hex(port)}`) && state === "01") return timer.startsWith("02:");
  }
  return undefined;
}

async function timerWhileOpen(proxy: RunningProxy, { up, connect }: Fixture & Kit): Promise<boolean> {
  const path = uniquePath();
  up.on(path, hang);
  const client = await connect(proxy.port("main"));
  await client.send(requestBytes(path));
  const received = await up.request(path);
  const value = await eventually(
    () => {
      const keeps = keepsAlive(up.port);
      return keeps === undefined ? undefined : { keeps };
    },
    2_000,
    "the connection to the upstream",
  );
  client.close();
  await eventually(() => received.left, 2_000, "the upstream call ends");
  return value.keeps;
}

const rows: readonly Row<Fixture & Kit>[] = [
  {
    name: "TCP keepalive runs on connections to upstreams, and not with keepalive: 0",
    skip: NO_TCP_KEEPALIVE,
    async run(fixture) {
      expect(await timerWhileOpen(fixture.on, fixture)).toBe(true);
      expect(await timerWhileOpen(fixture.off, fixture)).toBe(false);
    },
  },
];

contract<Fixture>(
  "TCP keepalive",
  async (kit) => {
    const up = await kit.upstream();
    const config = (client: string) => simpleConfig({ upstreams: [["a", up.url]], client });
    return { up, on: await kit.start(config("keepalive: 30")), off: await kit.start(config("keepalive: 0")) };
  },
  rows,
);
