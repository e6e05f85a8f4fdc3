/** Signals other than SIGTERM and SIGINT: none ends the program or leaves a debugger open. */

import { readdirSync, readFileSync, readlinkSync } from "node:fs";
import { constants } from "node:os";
import { expect } from "vitest";
import { sse } from "../../support/behaviours.ts";
import { contract, type Kit, type Row, simpleConfig, uniquePath } from "../../support/contract.ts";
import type { FaultUpstream } from "../../support/fault-upstream.ts";
import { type RunningProxy, run } from "../../support/programs.ts";
import { request, requestBytes } from "../../support/raw-request.ts";
import { eventually, pause } from "../../support/wait.ts";

const SIGNALS = ["SIGHUP", "SIGUSR1", "SIGUSR2", "SIGPIPE"] as const;
/** Deno begins to listen to SIGUSR1 this long after its start (ms). */
const DEBUGGER_AFTER = 700;
/** A debugger that is opened at all is open after this long (ms). */
const OPENING = 300;

interface Fixture {
  readonly up: FaultUpstream;
  readonly proxy: RunningProxy;
}

async function setup({ upstream, start }: Kit): Promise<Fixture> {
  const up = await upstream();
  return { up, proxy: await start(simpleConfig({ upstreams: [["only", up.url]] })) };
}

/** How many sockets a process listens on. */
function listening(pid: number): number {
  const own = new Set(readdirSync(`/proc/${pid}/fd`).map((fd) => target(`/proc/${pid}/fd/${fd}`)));
  return readFileSync("/proc/net/tcp", "utf8")
    .split("\n")
    .map((line) => line.trim().split(/\s+/))
    .filter(([, , , state, , , , , , inode]) => state === "0A" && own.has(`socket:[${inode}]`)).length;
}

function target(link: string): string {
  try {
    return readlinkSync(link);
  } catch {
    return "";
  }
}

/** Whether a process has a handler for a signal. */
function catches(pid: number, signal: "SIGHUP"): boolean {
  try {
    const caught = /^SigCgt:\s+(\w+)$/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1] ?? "0";
    return (BigInt(`0x${caught}`) & (1n << BigInt(constants.signals[signal] - 1))) !== 0n;
  } catch {
    return false;
  }
}

const rows: readonly Row<Fixture & Kit>[] = [
  {
    name: "SIGHUP, SIGUSR1, SIGUSR2 and SIGPIPE end neither the program nor a stream, and open no debugger",
    skipHere: process.platform !== "linux" && "only Linux shows what a process listens on",
    async run({ up, proxy, connect }) {
      const path = uniquePath();
      up.on(path, sse(["a", "b", "c", "d", "e", "f"], 400));
      await pause(DEBUGGER_AFTER);
      const before = listening(proxy.pid);
      const client = await connect(proxy.port("main"));
      const answer = client.next();
      await client.send(requestBytes(path));
      await answer.until("a");
      for (const signal of SIGNALS) {
        proxy.signal(signal);
        proxy.signal(signal);
      }
      await proxy.logged(({ msg }) => msg === "reload is not supported yet");
      await pause(OPENING);
      expect(listening(proxy.pid)).toBe(before);
      proxy.signal("SIGUSR1");
      await pause(OPENING);
      expect(listening(proxy.pid)).toBe(before);
      expect((await answer.end(10_000)).end).toBe("complete");
      expect((await request(proxy.adminPort, "/ready")).status).toBe(200);
    },
  },
  {
    name: "they don't end it while it starts",
    skipHere: process.platform !== "linux" && "only Linux shows which signals have a handler",
    async run({ program, scope, up }) {
      const yaml = simpleConfig({ upstreams: [["only", up.url]] });
      const starting = run(program, { args: ["-c", "c.yaml"], files: { "c.yaml": yaml } });
      scope.defer(() => starting.stop(1_000));
      await eventually(() => catches(starting.pid, "SIGHUP"), 10_000, "a handler of SIGHUP");
      const sending = setInterval(() => {
        for (const signal of SIGNALS) starting.signal(signal);
      }, 5);
      scope.defer(() => clearInterval(sending));
      await starting.logged(({ listener }) => listener === "forward", 10_000);
      clearInterval(sending);
      starting.signal("SIGTERM");
      expect(await starting.exited(5_000)).toBe(0);
    },
  },
];

contract("signals", setup, rows);
