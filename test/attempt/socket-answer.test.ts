import { describe, expect, it } from "vitest";
import type { GroupAnswer } from "../../src/group/group.ts";
import {
  type Handshake,
  type SocketEnd,
  type SocketWatcher,
  TransportError,
} from "../../src/runtime/runtime.ts";
import { settle } from "../support/fake-clock.ts";
import { createRig, type Rig, type RigOptions, type Step } from "../support/scripted-upstreams.ts";

const OPENS = new Headers({ "x-opens": "yes", "sec-websocket-protocol": "realtime", connection: "Upgrade" });

const opens: Step = () => new Response(null, { headers: OPENS });
const answers =
  (status: number): Step =>
  () =>
    new Response(`${status}`, { status });
const refused: Step = () => Promise.reject(new TransportError("refused", true, "refused"));
const hangs: Step = ({ signal }) =>
  new Promise((_resolve, reject) => {
    signal.addEventListener("abort", () => reject(new Error("aborted")));
  });

interface Stage {
  readonly rig: Rig;
  /** Sockets that were opened and are not wanted. */
  readonly abandoned: string[];
  /** Sends a handshake. */
  ask(): Promise<GroupAnswer>;
  /** Joins the client to the answer. */
  join(answer: GroupAnswer): SocketWatcher;
  readonly bytesIn: number;
}

function createStage(scripts: Readonly<Record<string, readonly Step[]>>, options: RigOptions = {}): Stage {
  const abandoned: string[] = [];
  let watcher: SocketWatcher | undefined;
  let bytesIn = 0;
  const handshake = (response: Response): Handshake =>
    response.headers.has("x-opens")
      ? {
          type: "opened",
          socket: { headers: response.headers, abandon: () => abandoned.push("abandoned") },
        }
      : { type: "refused", response };
  const rig = createRig(scripts, { ...options, handshake });
  return {
    rig,
    abandoned,
    ask: () =>
      rig.send({
        method: "GET",
        path: "/v1/realtime",
        upgrade: {
          join(_upstream, joining) {
            watcher = joining.watcher;
            return new Response(null, { headers: joining.headers as [string, string][] });
          },
          received(bytes) {
            bytesIn += bytes;
          },
        },
      }),
    join({ result }) {
      if (result.type === "failure" || result.answer.join === undefined) throw new Error("no 101");
      result.answer.join([]);
      if (watcher === undefined) throw new Error("it was not joined");
      return watcher;
    },
    get bytesIn() {
      return bytesIn;
    },
  };
}

async function errorsIn({ metrics }: Rig): Promise<string[]> {
  const text = await metrics.text();
  return [...text.matchAll(/^llmproxy_upstream_errors_total\{error="(\w+)"/gm)].map(([, kind = ""]) => kind);
}

describe("a WebSocket", () => {
  it("is in flight from its handshake to its end, however quiet it is", async () => {
    const { rig, ask, join } = createStage({ a: [opens] });
    const answer = await ask();
    expect(answer.result).toMatchObject({ type: "answer", answer: { status: 101 } });
    const watcher = join(answer);
    expect(rig.deadlines.size).toBe(0);
    await rig.clock.advance(3_600_000);
    expect([rig.upstreams[0]?.inFlight, rig.ends]).toEqual([1, []]);
    watcher.end({ type: "closed", code: 1011 });
    expect([rig.upstreams[0]?.inFlight, rig.ends]).toEqual([0, [undefined]]);
    expect(await errorsIn(rig)).toEqual([]);
  });

  it.each([
    ["upstream_gone", "cut", ["cut"]],
    ["client_gone", "client_closed", []],
    ["overflow", "write_timeout", []],
    ["going_away", "cut", []],
  ] as const)("that ends as %s is told as %s, and blames %j on its upstream", async (type, told, errors) => {
    const { rig, ask, join } = createStage({ a: [opens] });
    const end: SocketEnd = { type };
    join(await ask()).end(end);
    expect([rig.upstreams[0]?.inFlight, rig.ends]).toEqual([0, [told]]);
    expect(await errorsIn(rig)).toEqual(errors);
  });

  it("counts what comes from its client", async () => {
    const stage = createStage({ a: [opens] });
    stage.join(await stage.ask()).received(7);
    expect(stage.bytesIn).toBe(7);
  });

  it("passes its 101's subprotocol on, and nothing of the upstream's connection", async () => {
    const { ask } = createStage({ a: [opens] });
    const { result } = await ask();
    expect(result.type === "answer" && result.answer.headers).toEqual([
      ["sec-websocket-protocol", "realtime"],
      ["x-opens", "yes"],
    ]);
  });

  it("is abandoned where its client leaves before it is joined", async () => {
    const { rig, ask, abandoned } = createStage({ a: [opens] });
    await ask();
    rig.client.abort();
    expect([abandoned, rig.upstreams[0]?.inFlight]).toEqual([["abandoned"], 0]);
  });

  it("is abandoned where its client left while it was opened", async () => {
    const { rig, ask, abandoned } = createStage({ a: [(init, url) => leave() ?? opens(init, url)] });
    const leave = (): undefined => void rig.client.abort();
    expect((await ask()).result).toEqual({ type: "failure", failure: { kind: "client_closed" } });
    expect([abandoned, rig.upstreams[0]?.inFlight]).toEqual([["abandoned"], 0]);
  });
});

describe("a WebSocket handshake", () => {
  it("has timeout.connect for its answer too", async () => {
    const { rig, ask } = createStage({ a: [hangs] });
    const asked = ask();
    await settle();
    await rig.clock.advance(9_990);
    expect(rig.upstreams[0]?.inFlight).toBe(1);
    await rig.clock.advance(100);
    expect((await asked).result).toMatchObject({ failure: { failure: { kind: "request_timeout" } } });
  });

  it("moves on where nothing was sent, and with retry from a 503", async () => {
    const retry = { retry: { attempts: 1, initial: 500 } };
    const { ask } = createStage({ a: [refused], b: [answers(503)], c: [opens] }, { client: retry });
    const { trace, upstream } = await ask();
    expect(trace.map(({ outcome }) => outcome)).toEqual(["refused", "status_503", "status_101"]);
    expect(upstream).toBe("c");
  });

  it("that is refused comes back as it was answered", async () => {
    const { ask } = createStage({ a: [answers(401)] });
    const { result } = await ask();
    expect(result).toMatchObject({ type: "answer", answer: { status: 401 } });
    expect(result.type === "answer" && result.answer.join).toBe(undefined);
  });
});
