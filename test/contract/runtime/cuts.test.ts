import { expect } from "vitest";
import { delta, ok, raw, rawThenBad, rawThenFin, rawThenReset, sseBytes } from "../../support/behaviours.ts";
import {
  contract,
  type Kit,
  type Row,
  type Skips,
  simpleConfig,
  uniquePath,
} from "../../support/contract.ts";
import type { Behaviour, FaultUpstream } from "../../support/fault-upstream.ts";
import type { RunningProxy } from "../../support/programs.ts";
import { request } from "../../support/raw-request.ts";
import { LOSES_BYTES_BEFORE_FIN, TAKES_HALF_A_LAST_CHUNK, TAKES_RESET_FOR_END } from "./lacks.ts";

interface Fixture {
  readonly up: FaultUpstream;
  readonly proxy: RunningProxy;
}

async function setup({ upstream, start }: Kit): Promise<Fixture> {
  const up = await upstream();
  const client = "timeout: {stall: 1}, retry: {attempts: 3, initial: 100}";
  return {
    up,
    proxy: await start(simpleConfig({ upstreams: [["only", up.url]], strategy: "roundrobin", client })),
  };
}

const EVENT = delta("hello");
const CHUNKED = sseBytes([EVENT]);
const SIZED = `HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 1000\r\n\r\n${EVENT}`;
const UNSIZED = `HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n\r\n${EVENT}`;
const HALF = EVENT.slice(0, 20);

const cuts: readonly (readonly [name: string, behaviour: Behaviour, body: string, skip?: Skips])[] = [
  ["FIN without a final chunk", rawThenBad(CHUNKED), EVENT],
  [
    "FIN in the middle of a chunk",
    rawThenBad(Buffer.concat([CHUNKED, Buffer.from(`100\r\n${HALF}`)])),
    EVENT + HALF,
  ],
  ["FIN in the middle of an event", rawThenBad(sseBytes([EVENT, HALF])), EVENT + HALF],
  ["FIN inside the final chunk", rawThenBad(CHUNKED, "0\r\n"), EVENT, TAKES_HALF_A_LAST_CHUNK],
  ["FIN in one piece with good bytes", rawThenFin(CHUNKED), EVENT, LOSES_BYTES_BEFORE_FIN],
  ["RST in a chunked body", rawThenReset(CHUNKED), EVENT],
  ["RST in a body that its connection's end would end", rawThenReset(UNSIZED), EVENT, TAKES_RESET_FOR_END],
  ["FIN before content-length was reached", rawThenBad(SIZED), EVENT],
  ["RST before content-length was reached", rawThenReset(SIZED), EVENT],
  ["bytes that are no chunk", rawThenBad(CHUNKED, "garbage\r\n\r\n"), EVENT],
  ["silence for timeout.stall", raw(CHUNKED), EVENT],
  ["silence for timeout.stall in a body with a length", raw(SIZED), EVENT],
];

const rows: readonly Row<Fixture & Kit>[] = cuts.map(([name, behaviour, body, skip]) => ({
  skip,
  name: `${name}: the client has what came and sees a cut`,
  async run({ up, proxy }) {
    const path = uniquePath();
    up.on(path, behaviour);
    const got = await request(proxy.port("main"), path, { deadline: 5_000 });
    expect(got.status).toBe(200);
    expect(["cut", "reset"]).toContain(got.end);
    expect(got.text()).toBe(body);
    expect(up.requests(path)).toHaveLength(1);
  },
}));

contract("a broken stream never looks complete", setup, [
  ...rows,
  ...(
    [
      ["FIN", rawThenFin(CHUNKED)],
      ["bytes that are no chunk", raw(Buffer.concat([CHUNKED, Buffer.from("zz\r\n\r\n")]))],
      ["fewer bytes than content-length and FIN", rawThenFin(SIZED)],
      [
        "RST in a body that its connection's end would end",
        rawThenReset(UNSIZED, EVENT),
        TAKES_RESET_FOR_END,
      ],
    ] as const
  ).map(
    ([name, behaviour, skip]): Row<Fixture & Kit> => ({
      skip,
      name: `${name} in one piece with good bytes is no whole answer`,
      async run({ up, proxy }) {
        const path = uniquePath();
        up.on(path, behaviour);
        for (let i = 0; i < 10; i += 1) {
          const got = await request(proxy.port("main"), path).catch(() => undefined);
          // Where nothing of it has left yet, an error answer is as good, and so is none.
          if (got !== undefined && got.status !== 502) expect(["cut", "reset"]).toContain(got.end);
        }
      },
    }),
  ),
  {
    name: "more bytes than content-length do not reach the client",
    async run({ up, proxy }) {
      const path = uniquePath();
      up.on(path, rawThenFin("HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nhi, and more"));
      const got = await request(proxy.port("main"), path);
      expect([got.text(), got.end]).toEqual(["hi", "complete"]);
    },
  },
  {
    name: "cuts and stalls are counted and logged, and the program goes on",
    async run({ up, proxy }) {
      const path = uniquePath();
      up.on(path, rawThenBad(CHUNKED), ok());
      await request(proxy.port("main"), path);
      const line = await proxy.logged((candidate) => candidate["path"] === path);
      expect([line["status"], line["upstream"], line["reason"]]).toEqual([200, "only", "cut"]);
      expect((await request(proxy.port("main"), path)).end).toBe("complete");
      const metrics = (await request(proxy.adminPort, "/metrics")).text();
      expect(metrics).toMatch(
        /^llmproxy_upstream_errors_total\{(?=[^}]*error="cut")(?=[^}]*upstream="only")[^}]*\} [1-9]/m,
      );
    },
  },
]);
