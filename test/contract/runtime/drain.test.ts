import { expect } from "vitest";
import { delta, ok, sseThenHang } from "../../support/behaviours.ts";
import { contract, type Kit, type Row, simpleConfig } from "../../support/contract.ts";
import type { FaultUpstream } from "../../support/fault-upstream.ts";
import type { RunningProxy } from "../../support/programs.ts";
import { connect } from "../../support/raw-client.ts";
import { chunkBytes, request, requestBytes } from "../../support/raw-request.ts";
import { createLatch, eventually, now, pause } from "../../support/wait.ts";

const STREAM = "/v1/chat/completions";

/** A program of the row's own, because it will end. */
async function begin(
  { upstream, start }: Kit,
  ...args: readonly string[]
): Promise<{ up: FaultUpstream; proxy: RunningProxy }> {
  const up = await upstream();
  return { up, proxy: await start(simpleConfig({ upstreams: [["only", up.url]] }), { args }) };
}

async function readiness(proxy: RunningProxy): Promise<number> {
  return (await request(proxy.adminPort, "/ready")).status;
}

function accepts(port: number): Promise<boolean> {
  return connect(port).then(
    (connection) => {
      connection.close();
      return true;
    },
    () => false,
  );
}

const rows: readonly Row<Kit>[] = [
  ...(["SIGTERM", "SIGINT"] as const).map(
    (signal): Row<Kit> => ({
      name: `${signal}: not ready, no new connections, the running stream ends whole, exit 0`,
      async run(kit) {
        const { up, proxy } = await begin(kit);
        const release = createLatch<void>();
        up.on(STREAM, async (exchange) => {
          sseThenHang(delta("one"))(exchange);
          await release.promise;
          exchange.write(Buffer.concat([chunkBytes(delta("two")), Buffer.from("0\r\n\r\n")]));
        });
        const client = await kit.connect(proxy.port("main"));
        const pending = client.next();
        await client.send(requestBytes(STREAM, { body: "{}" }));
        await pending.until("one");
        expect(await readiness(proxy)).toBe(200);
        proxy.signal(signal);
        await eventually(async () => (await readiness(proxy)) === 503, 2_000, "not ready");
        expect((await request(proxy.adminPort, "/health")).status).toBe(200);
        await eventually(async () => !(await accepts(proxy.port("main"))), 2_000, "no new connections");
        release.open();
        const answer = await pending.end();
        expect([answer.text(), answer.end]).toEqual([delta("one") + delta("two"), "complete"]);
        expect(await proxy.exited(5_000)).toBe(0);
      },
    }),
  ),
  {
    name: "an answer that begins while draining says connection: close",
    async run(kit) {
      const { up, proxy } = await begin(kit);
      const release = createLatch<void>();
      up.on("/late", async (exchange) => {
        await release.promise;
        await ok()(exchange);
      });
      const client = await kit.connect(proxy.port("main"));
      const pending = client.next();
      await client.send(requestBytes("/late"));
      await up.request("/late");
      proxy.signal("SIGTERM");
      await eventually(async () => (await readiness(proxy)) === 503, 2_000, "not ready");
      await eventually(async () => !(await accepts(proxy.port("main"))), 2_000, "no new connections");
      release.open();
      const answer = await pending.end();
      expect([answer.status, answer.end, answer.header("connection")?.toLowerCase()]).toEqual([
        200,
        "complete",
        "close",
      ]);
      expect(await proxy.exited(5_000)).toBe(0);
    },
  },
  {
    name: "what runs on past --shutdown-timeout is cut, and the exit code is 4",
    async run(kit) {
      const { up, proxy } = await begin(kit, "--shutdown-timeout", "1");
      up.on(STREAM, sseThenHang(delta("one")));
      const client = await kit.connect(proxy.port("main"));
      const pending = client.next();
      await client.send(requestBytes(STREAM, { body: "{}" }));
      await pending.until("one");
      const received = await up.request(STREAM);
      const started = now();
      proxy.signal("SIGTERM");
      const answer = await pending.end();
      expect(now() - started).toBeGreaterThan(900);
      expect(["cut", "reset"]).toContain(answer.end);
      expect(answer.text()).toBe(delta("one"));
      expect(await proxy.exited(4_000)).toBe(4);
      await eventually(() => received.left, 1_000, "the upstream call ends");
    },
  },
  {
    name: "a second signal exits at once with 130",
    async run(kit) {
      const { up, proxy } = await begin(kit);
      up.on(STREAM, sseThenHang(delta("one")));
      const client = await kit.connect(proxy.port("main"));
      const pending = client.next();
      await client.send(requestBytes(STREAM, { body: "{}" }));
      await pending.until("one");
      proxy.signal("SIGTERM");
      await eventually(async () => (await readiness(proxy)) === 503, 2_000, "not ready");
      proxy.signal("SIGINT");
      expect(await proxy.exited(2_000)).toBe(130);
    },
  },
  {
    name: "during --drain-delay it is not ready but takes new requests",
    async run(kit) {
      const { up, proxy } = await begin(kit, "--drain-delay", "2");
      up.on("/", ok());
      const started = now();
      proxy.signal("SIGTERM");
      await eventually(async () => (await readiness(proxy)) === 503, 1_500, "not ready");
      await pause(1_000);
      expect((await request(proxy.port("main"), "/")).status).toBe(200);
      expect(await proxy.exited(6_000)).toBe(0);
      expect(now() - started).toBeGreaterThan(1_900);
    },
  },
];

contract("the drain", async () => ({}), rows, { concurrent: true });

// Alone, because how long it takes is the subject.
contract("the drain with nothing to do", async () => ({}), [
  {
    name: "an idle program exits 0 at once, idle connections or not",
    async run(kit) {
      const { up, proxy } = await begin(kit);
      up.on("/", ok());
      const client = await kit.connect(proxy.port("main"));
      const pending = client.next();
      await client.send(requestBytes("/"));
      await pending.end();
      const started = now();
      proxy.signal("SIGTERM");
      expect(await proxy.exited(5_000)).toBe(0);
      expect(now() - started).toBeLessThan(2_000);
      await client.untilClosed(1_000);
    },
  },
] satisfies readonly Row<Kit>[]);
