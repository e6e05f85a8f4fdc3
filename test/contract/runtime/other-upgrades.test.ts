import { expect } from "vitest";
import { echo } from "../../support/behaviours.ts";
import { contract, type Kit, type Row, simpleConfig, uniquePath } from "../../support/contract.ts";
import type { FaultUpstream } from "../../support/fault-upstream.ts";
import type { RunningProxy } from "../../support/programs.ts";
import { request } from "../../support/raw-request.ts";
import { createLatch } from "../../support/wait.ts";
import { REFUSES_UPGRADES_WITH_BODY } from "./lacks.ts";

interface Fixture {
  readonly up: FaultUpstream;
  readonly proxy: RunningProxy;
}

async function setup({ upstream, start }: Kit): Promise<Fixture> {
  const up = await upstream();
  up.otherwise(echo);
  return { up, proxy: await start(simpleConfig({ upstreams: [["only", up.url]] })) };
}

const UPGRADES = [
  ["h2c", "connection: upgrade, http2-settings\r\nupgrade: h2c\r\nhttp2-settings: AAMAAABkAARAAAAA\r\n"],
  ["a protocol that nobody knows", "connection: upgrade\r\nupgrade: junk/9\r\n"],
] as const;

/** The body of a request whose head came earlier: it must not be taken for a request of its own. */
const BODY = "GET /smuggled HTTP/1.1\r\nhost: a\r\n\r\n";

const rows = UPGRADES.flatMap(([name, fields]): readonly Row<Fixture & Kit>[] => [
  {
    name: `an upgrade to ${name} is not passed on, and the request is answered without it`,
    async run({ up, proxy, connect }) {
      const path = uniquePath();
      const client = await connect(proxy.port("main"));
      const answer = client.next();
      await client.send(`GET ${path} HTTP/1.1\r\nhost: a\r\n${fields}\r\n`);
      expect((await answer.end()).status).toBe(200);
      const { header } = await up.request(path);
      expect([header("upgrade"), header("http2-settings")]).toEqual([undefined, undefined]);
    },
  },
  {
    name: `a body beside an upgrade to ${name} is passed on`,
    skip: REFUSES_UPGRADES_WITH_BODY,
    async run({ up, proxy, connect }) {
      const path = uniquePath();
      const client = await connect(proxy.port("main"));
      const answer = client.next();
      await client.send(`POST ${path} HTTP/1.1\r\nhost: a\r\n${fields}content-length: 3\r\n\r\nabc`);
      expect((await answer.end()).text()).toBe("abc");
      expect((await up.request(path)).message.body.toString()).toBe("abc");
    },
  },
  ...["before", "after"].map(
    (moment): Row<Fixture & Kit> => ({
      name: `a body that goes on ${moment} the answer to an upgrade to ${name} is no request`,
      async run({ up, proxy, connect }) {
        const [first, second] = [uniquePath(), uniquePath()];
        const release = createLatch<void>();
        up.on(first, async (exchange) => {
          await release.promise;
          await echo(exchange);
        });
        const client = await connect(proxy.port("main"));
        const pending = client.next();
        await client.send(
          `GET ${first} HTTP/1.1\r\nhost: a\r\n${fields}\r\nPOST ${second} HTTP/1.1\r\nhost: a\r\ncontent-length: ${BODY.length}\r\n\r\n`,
        );
        if (moment === "after") release.open();
        else await Promise.race([up.request(first), client.untilClosed()]);
        const answer = moment === "after" ? await pending.end().catch(() => undefined) : undefined;
        await client.send(BODY).catch(() => undefined);
        // Another client's exchange: by then the body has been looked at.
        expect((await request(proxy.port("main"), uniquePath())).status).toBe(200);
        release.open();
        const status = (answer ?? (await pending.end().catch(() => undefined)))?.status;
        const next = await client
          .next()
          .end(5_000)
          .catch(() => undefined);
        // Each is answered in its turn, or the connection is closed.
        if (next !== undefined) expect([status, next.text()]).toEqual([200, BODY]);
        else expect(client.closed).toBeDefined();
        expect(up.requests("/smuggled")).toEqual([]);
      },
    }),
  ),
]);

contract("upgrades to other than WebSocket", setup, rows);
