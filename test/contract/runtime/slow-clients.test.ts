import { expect } from "vitest";
import { echo, flood, ok } from "../../support/behaviours.ts";
import { contract, type Kit, type Row, simpleConfig, uniquePath } from "../../support/contract.ts";
import type { FaultUpstream } from "../../support/fault-upstream.ts";
import type { RunningProxy } from "../../support/programs.ts";
import type { Answer } from "../../support/raw-answer.ts";
import { request, requestBytes } from "../../support/raw-request.ts";
import { eventually, now, pause } from "../../support/wait.ts";
import { COARSE_HEAD_TIMEOUT, NO_HEAD_TIMEOUT, NO_IDLE_TIMEOUT } from "./lacks.ts";

interface Fixture {
  readonly up: FaultUpstream;
  readonly proxy: RunningProxy;
}

async function setup({ upstream, start }: Kit, write = 1): Promise<Fixture> {
  const up = await upstream();
  const forward = `timeout: {connect: 1, body: 1, write: ${write}, idle: 1}`;
  return { up, proxy: await start(simpleConfig({ upstreams: [["only", up.url]], forward })) };
}

const MiB = 1024 * 1024;

function expectTimeout(answer: Answer): void {
  expect([answer.status, answer.header("x-llmproxy-error"), answer.end]).toEqual([
    408,
    "request_timeout",
    "complete",
  ]);
  expect((answer.json() as { error: { code: string } }).error.code).toBe("request_timeout");
}

const rows: readonly Row<Fixture & Kit>[] = [
  {
    name: "a client that says nothing is closed after timeout.connect",
    skip: COARSE_HEAD_TIMEOUT,
    async run({ proxy, connect }) {
      const client = await connect(proxy.port("main"));
      await client.untilClosed(5_000);
    },
  },
  {
    name: "a head that comes byte by byte is 408, or closed, after timeout.connect",
    skip: COARSE_HEAD_TIMEOUT,
    async run({ proxy, connect }) {
      const client = await connect(proxy.port("main"));
      const started = now();
      const dribble = setInterval(() => client.send("x").catch(() => {}), 250);
      const answer = client.next();
      await client.send("GET / HTTP/1.1\r\nhost: a\r\nx-slow: ");
      const { at } = await client.untilClosed(6_000);
      clearInterval(dribble);
      expect(at - started).toBeGreaterThan(900);
      if (client.received > 0) expect((await answer.end()).status).toBe(408);
    },
  },
  {
    name: "a head that never ends is given up within 20 s",
    skip: NO_HEAD_TIMEOUT,
    timeout: 30_000,
    async run({ proxy, connect }, { annotate }) {
      const client = await connect(proxy.port("main"));
      const started = now();
      const dribble = setInterval(() => client.send("x").catch(() => {}), 500);
      await client.send("GET / HTTP/1.1\r\nhost: a\r\nx-slow: ");
      const { at } = await client.untilClosed(20_000).finally(() => clearInterval(dribble));
      await annotate(`closed after ${((at - started) / 1000).toFixed(1)} s`);
    },
  },
  {
    name: "silence inside a kept body is 408",
    async run({ up, proxy, connect }) {
      const path = uniquePath();
      up.on(path, ok());
      const client = await connect(proxy.port("main"));
      const answer = client.next();
      const started = now();
      await client.send(`POST ${path} HTTP/1.1\r\nhost: a\r\ncontent-length: 100\r\n\r\nonly this`);
      expectTimeout(await answer.end(5_000));
      expect(now() - started).toBeGreaterThan(900);
      expect(up.requests(path)).toEqual([]);
    },
  },
  {
    name: "silence inside a chunked body is 408",
    async run({ proxy, connect }) {
      const client = await connect(proxy.port("main"));
      const answer = client.next();
      await client.send(
        `POST ${uniquePath()} HTTP/1.1\r\nhost: a\r\ntransfer-encoding: chunked\r\n\r\n4\r\nonly\r\n`,
      );
      expectTimeout(await answer.end(5_000));
    },
  },
  {
    name: "silence inside a body that is on its way is 408, and the upstream call ends",
    async run({ up, proxy, connect }) {
      const path = uniquePath();
      up.on(path, echo);
      const client = await connect(proxy.port("main"));
      const answer = client.next();
      await client.send(`POST ${path} HTTP/1.1\r\nhost: a\r\ncontent-length: ${20 * MiB}\r\n\r\n`);
      await client.send(Buffer.alloc(12 * MiB));
      const received = await up.request(path);
      expectTimeout(await answer.end(5_000));
      await eventually(() => received.left, 1_000, "the upstream call ends");
      expect(received.message.complete).toBe(false);
    },
  },
  {
    name: "a body that comes slowly but steadily is not timed out",
    async run({ up, proxy, connect }) {
      const path = uniquePath();
      up.on(path, echo);
      const client = await connect(proxy.port("main"));
      const answer = client.next();
      await client.send(`POST ${path} HTTP/1.1\r\nhost: a\r\ncontent-length: 10\r\n\r\n`);
      for (let i = 0; i < 10; i += 1) {
        await pause(300);
        await client.send("x");
      }
      expect((await answer.end()).text()).toBe("x".repeat(10));
    },
  },
  {
    name: "an answer that takes longer than timeout.connect, body and idle is not cut",
    async run({ up, proxy }) {
      const path = uniquePath();
      up.on(path, async (exchange) => {
        await pause(2_500);
        await ok()(exchange);
      });
      expect((await request(proxy.port("main"), path, { body: "{}" })).status).toBe(200);
    },
  },
  {
    name: "an idle connection is closed after timeout.idle",
    skip: NO_IDLE_TIMEOUT,
    async run({ up, proxy, connect }, { annotate }) {
      const path = uniquePath();
      up.on(path, ok());
      const client = await connect(proxy.port("main"));
      const answer = client.next();
      await client.send(requestBytes(path));
      expect((await answer.end()).status).toBe(200);
      const started = now();
      const { at } = await client.untilClosed(6_000);
      await annotate(`closed after ${((at - started) / 1000).toFixed(1)} s`);
      expect(at - started).toBeGreaterThan(500);
    },
  },
  ...[false, true].map(
    (chunked): Row<Fixture & Kit> => ({
      name: `a client that takes nothing of its answer is cut after timeout.write, and the upstream call ends (${chunked ? "chunked" : "with a length"})`,
      async run({ up, proxy, connect }, { annotate }) {
        const path = uniquePath();
        up.on(path, flood(400 * MiB, { chunked }));
        const client = await connect(proxy.port("main"));
        const answer = client.next({ keep: false });
        await client.send(requestBytes(path));
        await answer.head();
        client.stopReading();
        const stopped = now();
        const received = await up.request(path);
        const left = await eventually(() => received.left, 8_000, "the upstream call ends");
        await annotate(`the upstream call ended after ${((left.at - stopped) / 1000).toFixed(1)} s`);
        expect(left.at - stopped).toBeGreaterThan(900);
        const line = await proxy.logged((candidate) => candidate["path"] === path);
        expect(line["status"]).toBe(499);
        client.goOnReading();
        expect(["cut", "reset"]).toContain((await answer.end()).end);
      },
    }),
  ),
];

contract("slow clients", (kit) => setup(kit), rows, { concurrent: true });

/** Alone and with time to spare: the client's own pauses are what is measured. */
const steady: readonly Row<Fixture & Kit>[] = [
  {
    name: "a client that takes its answer slowly but steadily is not cut",
    timeout: 30_000,
    async run({ up, proxy, connect }) {
      const path = uniquePath();
      up.on(path, flood(24 * MiB));
      const client = await connect(proxy.port("main"));
      const answer = client.next({ keep: false });
      await client.send(requestBytes(path));
      await answer.head();
      let isOver = false;
      const ended = answer.end().finally(() => {
        isOver = true;
      });
      // A fast proxy may have sent all of it in fewer turns.
      for (let i = 0; i < 8 && !isOver; i += 1) {
        client.stopReading();
        await pause(400);
        const before = client.received;
        client.goOnReading();
        await eventually(() => client.received > before || isOver, 2_000, "more bytes");
      }
      const { end, bodySize } = await ended;
      expect([end, bodySize]).toEqual(["complete", 24 * MiB]);
    },
  },
];

contract("steady clients", (kit) => setup(kit, 3), steady);
