import { expect } from "vitest";
import { delta, flood, hang, ok, sseThenHang } from "../../support/behaviours.ts";
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
import type { RawConnection } from "../../support/raw-client.ts";
import { request, requestBytes } from "../../support/raw-request.ts";
import { eventually, now, pause } from "../../support/wait.ts";
import { MISSES_LEAVING } from "./lacks.ts";

interface Fixture {
  readonly up: FaultUpstream;
  readonly proxy: RunningProxy;
}

async function setup({ upstream, start }: Kit): Promise<Fixture> {
  const up = await upstream();
  return { up, proxy: await start(simpleConfig({ upstreams: [["only", up.url]], strategy: "roundrobin" })) };
}

/** The promise is 100 ms; a busy machine of two cores gets some more. */
const BOUND = 300;

const ways: readonly (readonly [name: string, leave: (client: RawConnection) => void])[] = [
  ["closes", (client) => client.close()],
  ["resets", (client) => client.reset()],
  ["half-closes", (client) => client.halfClose()],
];

const MiB = 1024 * 1024;

interface Moment {
  readonly name: string;
  readonly behaviour: Behaviour;
  readonly bytes: (path: string) => Uint8Array;
  /** Where its bytes are sent in pieces: the offsets of the later ones. */
  readonly cuts?: (bytes: Uint8Array) => readonly number[];
  /** What the client must have seen before it leaves. */
  readonly seen?: string;
  /** Whether there was another request on its connection, which was answered. */
  readonly isSecond?: boolean;
  readonly skip?: Skips;
}

/** With its head more than what a server may read first of a new connection. */
const KILOBYTE = { body: JSON.stringify({ text: "x".repeat(1_000) }) };

/** The length of a request's head. */
const headOf = (bytes: Uint8Array): number => Buffer.from(bytes).indexOf("\r\n\r\n") + 4;

/** Offsets that cut the body, from its first byte on, in so many pieces. */
const bodyIn =
  (count: number) =>
  (bytes: Uint8Array): readonly number[] => {
    const head = headOf(bytes);
    const size = (bytes.length - head) / count;
    return Array.from({ length: count }, (_, i) => head + Math.floor(i * size));
  };

const inPieces: readonly Moment[] = [
  ...[1, 2, 19].map(
    (count): Moment => ({
      name: `before the answer's head of a request in ${count + 1} pieces`,
      behaviour: hang,
      bytes: (path) => requestBytes(path, KILOBYTE),
      cuts: bodyIn(count),
      skip: MISSES_LEAVING,
    }),
  ),
  {
    name: "before the answer's head of a chunked request in 3 pieces",
    behaviour: hang,
    bytes: (path) => requestBytes(path, { method: "POST", chunks: ["{}", " "] }),
    cuts: bodyIn(2),
    skip: MISSES_LEAVING,
  },
  {
    name: "before the answer's head of a GET whose head comes in 2 pieces",
    behaviour: hang,
    bytes: (path) => requestBytes(path),
    cuts: () => [10],
  },
  {
    name: "in a quiet stream after a request in 3 pieces",
    behaviour: sseThenHang(delta("one")),
    bytes: (path) => requestBytes(path, KILOBYTE),
    cuts: bodyIn(2),
    seen: "one",
  },
];

const moments: readonly Moment[] = [
  ...inPieces,
  { name: "before the answer's head", behaviour: hang, bytes: (path) => requestBytes(path, { body: "{}" }) },
  { name: "before the answer's head of a GET", behaviour: hang, bytes: (path) => requestBytes(path) },
  {
    name: "before the answer's head of a larger request",
    behaviour: hang,
    bytes: (path) => requestBytes(path, KILOBYTE),
    skip: MISSES_LEAVING,
  },
  {
    name: "before the answer's head of a larger request that is not its connection's first",
    behaviour: hang,
    bytes: (path) => requestBytes(path, KILOBYTE),
    isSecond: true,
  },
  {
    name: "in a quiet stream",
    behaviour: sseThenHang(delta("one")),
    bytes: (path) => requestBytes(path, { body: "{}" }),
    seen: "one",
  },
  {
    name: "in a flowing answer",
    behaviour: flood(400 * MiB, { chunked: true }),
    bytes: (path) => requestBytes(path),
    seen: "0123456789abcdef",
  },
  {
    name: "in the middle of an upload",
    behaviour: hang,
    bytes: (path) =>
      Buffer.concat([
        Buffer.from(`POST ${path} HTTP/1.1\r\nhost: a\r\ncontent-length: ${30 * MiB}\r\n\r\n`),
        Buffer.alloc(12 * MiB),
      ]),
  },
];

/** Sends bytes in pieces that arrive one by one. */
async function sendPieces(client: RawConnection, bytes: Uint8Array, cuts: readonly number[]): Promise<void> {
  for (const [i, end] of [...cuts, bytes.length].entries()) {
    if (i > 0) await pause(5);
    await client.send(bytes.subarray(cuts[i - 1] ?? 0, end));
  }
}

const rows = moments.flatMap(({ name, behaviour, bytes, cuts, seen, isSecond, skip }) =>
  ways.map(
    ([way, leave]): Row<Fixture & Kit> => ({
      name: `${name}, a client that ${way} ends the upstream call at once, and it is logged as 499`,
      skip,
      async run({ up, proxy, connect }, { annotate }) {
        const path = uniquePath();
        up.on(path, behaviour);
        const client = await connect(proxy.port("main"));
        if (isSecond) {
          up.on(`${path}/first`, ok());
          await client.send(bytes(`${path}/first`));
          expect((await client.next().end(3_000)).status).toBe(200);
        }
        const pending = client.next();
        const sent = bytes(path);
        const sending = sendPieces(client, sent, cuts?.(sent) ?? []).catch(() => {});
        if (cuts !== undefined) await sending;
        const received = await up.request(path);
        if (seen !== undefined) await pending.until(seen);
        const left = now();
        leave(client);
        await eventually(() => received.left, 2_000, "the upstream's connection closes");
        const took = (received.left?.at ?? Number.NaN) - left;
        await annotate(`the upstream's connection closed after ${took.toFixed(1)} ms`);
        expect(took).toBeLessThan(BOUND);
        const line = await proxy.logged((candidate) => candidate["path"] === path);
        expect(line["status"]).toBe(499);
        expect(up.requests(path)).toHaveLength(1);
      },
    }),
  ),
);

contract("clients that leave", setup, [
  ...rows,
  {
    name: "nothing stays in flight, and 499 is counted as nobody's fault",
    async run({ proxy, program }) {
      const done = rows.filter(({ skip }) => skip?.[program] === undefined).length;
      const metrics = await eventually(
        async () => {
          const text = (await request(proxy.adminPort, "/metrics")).text();
          return /^llmproxy_in_flight_requests\{[^}]*upstream="only"[^}]*\} 0$/m.test(text) && text;
        },
        2_000,
        "nothing in flight",
      );
      const left = /^llmproxy_http_request_errors_total\{(?=[^}]*status="499")[^}]*\} (\d+)$/m.exec(metrics);
      expect(Number(left?.[1])).toBe(done);
      expect(metrics).not.toMatch(/^llmproxy_upstream_errors_total\{[^}]*\} [1-9]/m);
    },
  },
]);
