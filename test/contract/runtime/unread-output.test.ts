/** Standard output that is not read, closed or full: the program goes on, and its log lines are dropped. */

import { execFileSync } from "node:child_process";
import { closeSync, constants, mkdtempSync, openSync, readSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "vitest";
import { samplesOf } from "../../conformance/samples.ts";
import { ok } from "../../support/behaviours.ts";
import { contract, type Kit, type Row, simpleConfig } from "../../support/contract.ts";
import { freePort } from "../../support/free-port.ts";
import { type Program, type RunningProxy, run } from "../../support/programs.ts";
import { request, requestBytes } from "../../support/raw-request.ts";
import { eventually } from "../../support/wait.ts";

/** A log line has some 300 bytes of it. */
const PATH = `/${"p".repeat(900)}`;
/** A pipe holds 64 KiB, the program keeps this much. */
const WAITING = 1_048_576;
const REQUESTS = 1_500;

interface Started {
  readonly proxy: RunningProxy;
  readonly port: number;
}

async function start({ program, upstream, scope }: Kit, stdout: number): Promise<Started> {
  const up = await upstream();
  up.on(PATH, ok());
  const [port, adminPort] = [await freePort(), await freePort()];
  const yaml = simpleConfig({ upstreams: [["only", up.url]] })
    .replace("port: 0", `port: ${port}`)
    .replace("admin: {port: 0", `admin: {port: ${adminPort}`);
  const own: Program = run(program, { args: ["-c", "c.yaml"], files: { "c.yaml": yaml }, stdout });
  scope.defer(() => own.stop(3_000));
  await eventually(
    () =>
      request(adminPort, "/ready").then(
        ({ status }) => status === 200,
        () => false,
      ),
    20_000,
    "the program is ready",
  );
  return { proxy: Object.create(own, { adminPort: { value: adminPort } }) as RunningProxy, port };
}

/** A pipe whose reader sleeps. */
function pipe({ scope }: Kit): { readonly reading: number; readonly writing: number; close(): void } {
  const folder = mkdtempSync(join(tmpdir(), "llmproxy-pipe-"));
  scope.defer(() => rmSync(folder, { recursive: true }));
  const path = join(folder, "pipe");
  execFileSync("mkfifo", [path]);
  const reading = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  const writing = openSync(path, "w");
  let isOpen = true;
  const close = (): void => {
    if (isOpen) closeSync(reading);
    isOpen = false;
  };
  scope.defer(() => {
    close();
    closeSync(writing);
  });
  return { reading, writing, close };
}

/** Sends many requests on one connection. */
async function flood({ connect }: Kit, port: number, count: number): Promise<void> {
  const client = await connect(port);
  for (let i = 0; i < count; i += 1) {
    const answer = client.next();
    await client.send(requestBytes(PATH));
    expect((await answer.end(5_000)).status).toBe(200);
  }
  client.close();
}

const dropped = async (proxy: RunningProxy): Promise<number> =>
  (await samplesOf(proxy)).sum("llmproxy_log_lines_dropped_total", {});

const rows: readonly Row<Kit>[] = [
  {
    name: "standard output that is not read stops nothing; lines are dropped, counted, and written again when it is read",
    timeout: 60_000,
    async run(kit) {
      const { reading, writing } = pipe(kit);
      const { proxy, port } = await start(kit, writing);
      await flood(kit, port, REQUESTS);
      expect(await dropped(proxy)).toBeGreaterThan(0);
      const bytes = Buffer.alloc(65_536);
      let read = 0;
      await eventually(
        () => {
          try {
            read += readSync(reading, bytes);
          } catch {
            // There is nothing to read right now.
          }
          return read > WAITING;
        },
        10_000,
        "the lines that waited",
      );
      await eventually(
        async () => {
          const before = await dropped(proxy);
          await flood(kit, port, 1);
          return (await dropped(proxy)) === before;
        },
        10_000,
        "a line that is not dropped",
      );
    },
  },
  {
    name: "SIGTERM ends a program whose output is not read, with 0",
    async run(kit) {
      const { writing } = pipe(kit);
      const { proxy, port } = await start(kit, writing);
      await flood(kit, port, 100);
      proxy.signal("SIGTERM");
      expect(await proxy.exited(5_000)).toBe(0);
    },
  },
  {
    name: "a reader that goes away stops nothing, and lines are counted as dropped",
    async run(kit) {
      const { writing, close } = pipe(kit);
      const { proxy, port } = await start(kit, writing);
      close();
      await flood(kit, port, 20);
      await eventually(async () => (await dropped(proxy)) >= 20, 5_000, "dropped lines");
      proxy.signal("SIGTERM");
      expect(await proxy.exited(5_000)).toBe(0);
    },
  },
  {
    name: "a full disk stops nothing, and lines are counted as dropped",
    async run(kit) {
      const full = openSync("/dev/full", "w");
      kit.scope.defer(() => closeSync(full));
      const { proxy, port } = await start(kit, full);
      await flood(kit, port, 20);
      await eventually(async () => (await dropped(proxy)) >= 20, 5_000, "dropped lines");
      proxy.signal("SIGTERM");
      expect(await proxy.exited(5_000)).toBe(0);
    },
  },
];

contract("output that is not read", async () => ({}), rows);
