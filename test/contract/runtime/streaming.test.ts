import { expect } from "vitest";
import { delta, flood, sseBytes } from "../../support/behaviours.ts";
import { contract, type Kit, type Row, simpleConfig, uniquePath } from "../../support/contract.ts";
import type { FaultUpstream } from "../../support/fault-upstream.ts";
import type { RunningProxy } from "../../support/programs.ts";
import { chunkBytes, requestBytes } from "../../support/raw-request.ts";
import { createLatch, now, pause } from "../../support/wait.ts";
import { HEAD_LEAVES_WITH_FIRST_BYTE } from "./lacks.ts";

interface Fixture {
  readonly up: FaultUpstream;
  readonly proxy: RunningProxy;
}

async function setup({ upstream, start }: Kit): Promise<Fixture> {
  const up = await upstream();
  return { up, proxy: await start(simpleConfig({ upstreams: [["only", up.url]], strategy: "roundrobin" })) };
}

const MiB = 1024 * 1024;
const HEAD = sseBytes([]);

/** Waits until a count of bytes has not grown for half a second; fails when it never stops. */
async function standstill(count: () => number): Promise<number> {
  for (let tries = 0; tries < 20; tries += 1) {
    const before = count();
    await pause(500);
    if (count() === before) return before;
  }
  throw new Error("the bytes flow on although nobody takes them");
}

const rows: readonly Row<Fixture & Kit>[] = [
  {
    name: "the head leaves before the first chunk",
    skip: HEAD_LEAVES_WITH_FIRST_BYTE,
    async run({ up, proxy, connect }) {
      const path = uniquePath();
      const first = createLatch<void>();
      up.on(path, async (exchange) => {
        exchange.write(HEAD);
        await first.promise;
        exchange.write(Buffer.concat([chunkBytes("data: 1\n\n"), Buffer.from("0\r\n\r\n")]));
      });
      const client = await connect(proxy.port("main"));
      const pending = client.next();
      await client.send(requestBytes(path));
      const head = await pending.head(1_000);
      expect([head.status, head.bodySize]).toEqual([200, 0]);
      first.open();
      expect((await pending.end()).text()).toBe("data: 1\n\n");
    },
  },
  ...(["text/event-stream", "application/x-ndjson", "application/octet-stream"] as const).map(
    (type): Row<Fixture & Kit> => ({
      name: `each chunk of ${type} leaves when it came: the next is sent only after the last was seen`,
      async run({ up, proxy, connect }, { annotate }) {
        const path = uniquePath();
        const seen = [
          createLatch<number>(),
          createLatch<number>(),
          createLatch<number>(),
          createLatch<number>(),
        ];
        const delays: number[] = [];
        up.on(path, async (exchange) => {
          exchange.write(HEAD.toString().replace("text/event-stream", type));
          for (const [index, latch] of seen.entries()) {
            const sent = now();
            exchange.write(chunkBytes(`chunk ${index}\n`));
            delays.push((await latch.promise) - sent);
          }
          exchange.write("0\r\n\r\n");
        });
        const client = await connect(proxy.port("main"));
        const pending = client.next();
        await client.send(requestBytes(path));
        for (const [index, latch] of seen.entries())
          latch.open(await pending.until(`chunk ${index}\n`, 2_000));
        expect((await pending.end()).end).toBe("complete");
        await annotate(`slowest chunk: ${Math.max(...delays).toFixed(1)} ms`);
        expect(Math.max(...delays)).toBeLessThan(200);
      },
    }),
  ),
  {
    name: "a gap between two events is the client's gap too",
    async run({ up, proxy, connect }) {
      const path = uniquePath();
      up.on(path, async (exchange) => {
        exchange.write(sseBytes([delta("one")]));
        await pause(400);
        exchange.write(Buffer.concat([chunkBytes(delta("two")), Buffer.from("0\r\n\r\n")]));
      });
      const client = await connect(proxy.port("main"));
      const pending = client.next();
      await client.send(requestBytes(path));
      const one = await pending.until("one");
      const gap = (await pending.until("two")) - one;
      expect(gap).toBeGreaterThan(300);
      expect(gap).toBeLessThan(700);
    },
  },
  {
    name: "one large event passes whole",
    async run({ up, proxy, connect }) {
      const path = uniquePath();
      const event = delta("x".repeat(2 * MiB));
      up.on(path, (exchange) => exchange.write(Buffer.concat([sseBytes([event]), Buffer.from("0\r\n\r\n")])));
      const client = await connect(proxy.port("main"));
      const pending = client.next();
      await client.send(requestBytes(path));
      expect((await pending.end()).text()).toBe(event);
    },
  },
  {
    name: "events of one byte each pass whole",
    async run({ up, proxy, connect }) {
      const path = uniquePath();
      const text = delta("slowly, byte by byte");
      up.on(path, async (exchange) => {
        exchange.write(HEAD);
        for (const byte of text) {
          exchange.write(chunkBytes(byte));
          await pause(1);
        }
        exchange.write("0\r\n\r\n");
      });
      const client = await connect(proxy.port("main"));
      const pending = client.next();
      await client.send(requestBytes(path));
      expect((await pending.end()).text()).toBe(text);
    },
  },
  ...[false, true].map(
    (chunked): Row<Fixture & Kit> => ({
      name: `a client that stops reading stops its upstream, and memory stays flat (${chunked ? "chunked" : "with a length"})`,
      timeout: 40_000,
      async run({ up, proxy, connect }, { annotate }) {
        const path = uniquePath();
        const total = 256 * MiB;
        up.on(path, flood(total, { chunked }));
        const client = await connect(proxy.port("main"));
        const pending = client.next({ keep: false });
        const [memory, others] = [proxy.residentBytes(), up.sent];
        await client.send(requestBytes(path));
        await pending.head();
        client.stopReading();
        const sent = (await standstill(() => up.sent)) - others;
        const grown = proxy.residentBytes() - memory;
        await annotate(
          `${(sent / MiB).toFixed(1)} MiB left the upstream, memory grew by ${(grown / MiB).toFixed(0)} MiB`,
        );
        expect(sent).toBeLessThan(48 * MiB);
        expect(grown).toBeLessThan(64 * MiB);
        client.goOnReading();
        const answer = await pending.end(20_000);
        expect([answer.bodySize, answer.end]).toEqual([total, "complete"]);
      },
    }),
  ),
  {
    name: "an upstream that takes nothing of an upload stops its client",
    timeout: 30_000,
    async run({ up, proxy, connect }, { annotate }) {
      const path = uniquePath();
      up.on(path, ({ socket }) => {
        socket.pause();
      });
      const client = await connect(proxy.port("main"));
      const memory = proxy.residentBytes();
      const size = 60 * MiB;
      await client.send(`POST ${path} HTTP/1.1\r\nhost: a\r\ncontent-length: ${size}\r\n\r\n`);
      client.send(Buffer.alloc(size)).catch(() => {});
      await up.request(path);
      const sent = await standstill(() => client.sent);
      const grown = proxy.residentBytes() - memory;
      await annotate(
        `${(sent / MiB).toFixed(1)} MiB left the client, memory grew by ${(grown / MiB).toFixed(0)} MiB`,
      );
      expect(sent).toBeLessThan(48 * MiB);
      expect(grown).toBeLessThan(64 * MiB);
      client.close();
    },
  },
];

contract("streams flow", setup, rows);

contract(
  "quiet streams",
  setup,
  [
    {
      name: "a stream that is quiet for 15 seconds lives",
      timeout: 40_000,
      async run({ up, proxy, connect }) {
        const path = uniquePath();
        up.on(path, async (exchange) => {
          exchange.write(sseBytes([delta("before")]));
          await pause(15_000);
          exchange.write(Buffer.concat([chunkBytes(delta("after")), Buffer.from("0\r\n\r\n")]));
        });
        const client = await connect(proxy.port("main"));
        const pending = client.next();
        await client.send(requestBytes(path));
        const answer = await pending.end(25_000);
        expect([answer.text(), answer.end]).toEqual([delta("before") + delta("after"), "complete"]);
      },
    },
    {
      name: "an answer whose head takes 15 seconds comes",
      timeout: 40_000,
      async run({ up, proxy, connect }) {
        const path = uniquePath();
        up.on(path, async (exchange) => {
          await pause(15_000);
          exchange.write("HTTP/1.1 200 OK\r\ncontent-length: 4\r\n\r\nlate");
        });
        const client = await connect(proxy.port("main"));
        const pending = client.next();
        await client.send(requestBytes(path));
        expect((await pending.end(25_000)).text()).toBe("late");
      },
    },
  ],
  { concurrent: true },
);
