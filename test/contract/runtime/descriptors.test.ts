/** File descriptors that are used up: what runs goes on, accepting pauses, no upstream is blamed, and it recovers. */

import { readFileSync } from "node:fs";
import { connect as connectTcp, type Socket } from "node:net";
import { expect } from "vitest";
import { samplesOf } from "../../conformance/samples.ts";
import { answer, hang, ok, sse, sseThenHang } from "../../support/behaviours.ts";
import { contract, type Kit, type Row, simpleConfig, uniquePath } from "../../support/contract.ts";
import type { RunningProxy } from "../../support/programs.ts";
import { request, requestBytes } from "../../support/raw-request.ts";
import { eventually, now, pause } from "../../support/wait.ts";

const NOT_LINUX = process.platform !== "linux" && "the limit is set as on Linux";
const LIMIT = 128;

/** Opens connections that say nothing; some may fail. */
function openIdle(port: number, count: number): readonly Socket[] {
  return Array.from({ length: count }, () => {
    const socket = connectTcp(port, "127.0.0.1");
    socket.on("error", () => undefined);
    return socket;
  });
}

/** CPU time of a process (ms). */
function cpu(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, "utf8")
    .replace(/^.*\) /, "")
    .split(" ");
  return (Number(fields[11]) + Number(fields[12])) * 10;
}

const notAccepted = (proxy: RunningProxy): Promise<number> =>
  samplesOf(proxy).then(
    (samples) => samples.sum("llmproxy_accept_errors_total", { forward: "main" }),
    () => 0,
  );

const isServed = (port: number, path: string): Promise<boolean> =>
  request(port, path, { deadline: 2_000 }).then(
    ({ status }) => status === 200,
    () => false,
  );

const config = (url: string): string =>
  simpleConfig({ upstreams: [["only", url]], upstream: "breaker: {threshold: 0.1, cooldown: 60}" });

function idleRow(limit: number): Row<Kit> {
  return {
    name: `idle connections over a limit of ${limit} stop neither a stream nor the admin port, burn no CPU, and it recovers`,
    skipHere: NOT_LINUX,
    timeout: 40_000,
    async run({ upstream, start, connect, scope }) {
      const up = await upstream();
      const [streamed, path] = [uniquePath(), uniquePath()];
      up.on(
        streamed,
        sse(
          Array.from({ length: 40 }, (_, i) => `event-${i}`),
          100,
        ),
      );
      up.on(path, ok());
      const proxy = await start(config(up.url), { openFiles: limit });
      const port = proxy.port("main");
      const client = await connect(port);
      const stream = client.next();
      await client.send(requestBytes(streamed));
      await stream.until("event-0");

      const idle = openIdle(port, limit + 100);
      scope.defer(() => idle.forEach((socket) => void socket.destroy()));
      await eventually(async () => (await notAccepted(proxy)) > 0, 10_000, "a refused connection is counted");
      const [began, used] = [now(), cpu(proxy.pid)];
      await pause(1_000);
      expect((cpu(proxy.pid) - used) / (now() - began)).toBeLessThan(0.4);
      expect((await stream.end(15_000)).end).toBe("complete");
      expect(
        proxy.log.filter(({ msg }) => String(msg).startsWith("connections are not accepted")),
      ).toHaveLength(1);

      for (const socket of idle) socket.destroy();
      await eventually(() => isServed(port, path), 10_000, "a request is served again");
      for (let i = 0; i < 20; i += 1) expect(await isServed(port, path)).toBe(true);
      proxy.signal("SIGTERM");
      expect(await proxy.exited(5_000)).toBe(0);
    },
  };
}

const rows: readonly Row<Kit>[] = [
  idleRow(LIMIT),
  leavingRow(100),
  leavingRow(LIMIT),
  leavingRow(160),
  idleRow(80),
  {
    name: "requests without a descriptor for their upstream get 503 no_socket, no upstream is blamed, others go on",
    skipHere: NOT_LINUX,
    timeout: 40_000,
    async run({ upstream, start, connect }) {
      const up = await upstream();
      const [streamed, path] = [uniquePath(), uniquePath()];
      up.on(streamed, sseThenHang("first"));
      up.on(path, answer(200));
      const proxy = await start(config(up.url), { openFiles: LIMIT });
      const port = proxy.port("main");
      const clients = [];
      for (let i = 0; i < 70; i += 1) clients.push(await connect(port));
      const answers = clients.map((client) => client.next());
      for (const client of clients) await client.send(requestBytes(streamed));
      const settled = await Promise.allSettled(answers.map((pending) => pending.head(10_000)));
      // A connection that was not accepted yet may be reset.
      for (const head of settled) {
        if (head.status === "rejected") expect(String(head.reason)).toContain("ended with reset");
      }
      const heads = settled.flatMap((head) => (head.status === "fulfilled" ? [head.value] : []));
      expect(new Set(heads.map(({ status }) => status))).toEqual(new Set([200, 503]));
      for (const head of heads.filter(({ status }) => status === 503)) {
        expect([head.header("x-llmproxy-error"), head.header("retry-after")]).toEqual(["no_socket", "1"]);
      }
      for (const client of clients) client.close();
      await eventually(() => isServed(port, path), 10_000, "a request is served again");
      const samples = await samplesOf(proxy);
      expect(samples.labels("llmproxy_upstream_errors_total", { upstream: "only" }, "error")).toEqual([
        "no_socket",
      ]);
      expect(samples.sum("llmproxy_circuitbreaker_state_changes_total", {})).toBe(0);
      expect(proxy.log.some(({ reason, error }) => reason === "no_socket" || error === "no_socket")).toBe(
        true,
      );
    },
  },
];

/** Clients that leave while there is no descriptor: errors are made, and the last listener may have failed. */
function leavingRow(limit: number): Row<Kit> {
  return {
    name: `clients that leave all at once at a limit of ${limit} do not end the program, which has no admin port`,
    skipHere: NOT_LINUX,
    timeout: 40_000,
    async run({ upstream, start, scope }) {
      const up = await upstream();
      const [held, path] = [uniquePath(), uniquePath()];
      up.on(held, hang);
      up.on(path, ok());
      const yaml = config(up.url).replace(/^ {2}admin:.*\n/m, "");
      const proxy = await start(yaml, { openFiles: limit });
      const port = proxy.port("main");
      expect(await isServed(port, path)).toBe(true);
      for (let round = 0; round < 2; round += 1) {
        const clients = openIdle(port, 200);
        scope.defer(() => clients.forEach((socket) => void socket.destroy()));
        for (let i = 0; i < clients.length; i += 3) clients[i]?.write(requestBytes(held));
        await pause(1_000);
        for (const socket of clients) socket.destroy();
        await eventually(() => isServed(port, path), 10_000, "a request is served again");
      }
    },
  };
}

contract("file descriptors that are used up", async () => ({}), rows);
