import fc from "fast-check";
import { describe, expect, it, vi } from "vitest";
import { type Close, encodeClose, NO_CODE } from "../../../../adapters/shared/websocket/close.ts";
import { encodeFrame, OPCODE } from "../../../../adapters/shared/websocket/frames.ts";
import {
  createMessageRelay,
  type MessageRelay,
  type UpstreamEnd,
} from "../../../../adapters/shared/websocket/message-relay.ts";
import { createMessageReader, type Message } from "../../../../adapters/shared/websocket/messages.ts";
import { createRelays } from "../../../../adapters/shared/websocket/relays.ts";
import { createTally } from "../../../../adapters/shared/websocket/tally.ts";
import type { Bytes, SocketEnd } from "../../../../src/runtime/runtime.ts";

const utf8 = (text: string): Bytes => new TextEncoder().encode(text);
const isText = (message: Message): message is string => typeof message === "string";

/** A message in little, so that comparing many is fast. */
const shown = (message: Message): string =>
  isText(message) ? message : `${message.byteLength} ${Buffer.from(message).every((byte) => byte === 7)}`;

/** What a server sends, cut at these places. */
function inPieces(bytes: Uint8Array, cuts: readonly number[]): Uint8Array[] {
  const places = [...new Set(cuts.map((cut) => cut % (bytes.byteLength + 1)))].sort((a, b) => a - b);
  return [...places, bytes.byteLength].map((end, i) => bytes.subarray(places[i - 1] ?? 0, end));
}

const joined = (parts: readonly Uint8Array[]): Buffer => Buffer.concat(parts);

const sizes = fc.oneof(
  fc.integer({ min: 0, max: 300 }),
  fc.constantFrom(125, 126, 127, 65_535, 65_536, 70_000),
);
const messages = fc.oneof(
  fc.string({ unit: "grapheme", maxLength: 200 }),
  sizes.map((size): Message => new Uint8Array(size).fill(7)),
);

describe("frames", () => {
  it("come as the messages that were sent, wherever their bytes are cut", () => {
    fc.assert(
      fc.property(
        fc.array(messages, { maxLength: 6 }),
        fc.array(fc.nat(), { maxLength: 12 }),
        (sent, cuts) => {
          const wire = joined(
            sent.map((message) =>
              isText(message)
                ? encodeFrame(OPCODE.text, utf8(message), false)
                : encodeFrame(OPCODE.binary, message, false),
            ),
          );
          const { got, reader } = witness();
          for (const piece of inPieces(wire, cuts)) reader.push(piece);
          expect(got.map(([, message]) => shown(message as Message))).toEqual(sent.map(shown));
        },
      ),
      { numRuns: 200 },
    );
  });

  it("of a client are masked with a key of their own, and tell the same", () => {
    const payload = utf8("hello");
    const [one, two] = [encodeFrame(OPCODE.text, payload, true), encodeFrame(OPCODE.text, payload, true)];
    expect(Buffer.from(one).equals(two)).toBe(false);
    expect(Buffer.from(one).includes("hello")).toBe(false);
    expect(one.byteLength).toBe(2 + 4 + 5);
  });

  it("are counted where they only pass, and their close is seen, wherever their bytes are cut", () => {
    fc.assert(
      fc.property(sizes, fc.boolean(), fc.constantFrom(1000, 1011, 4321, NO_CODE), fc.array(fc.nat()), check),
      { numRuns: 200 },
    );

    function check(size: number, mask: boolean, code: number, cuts: readonly number[]): void {
      let count = 0;
      const tally = createTally((bytes) => {
        count += bytes;
      });
      const close = encodeClose({ code, reason: "why" });
      const wire = joined([
        encodeFrame(OPCODE.binary, new Uint8Array(size), mask),
        encodeFrame(OPCODE.ping, utf8("not counted"), mask),
        encodeFrame(OPCODE.close, close, mask),
      ]);
      const last = wire.subarray(-1);
      for (const piece of inPieces(wire.subarray(0, -1), cuts)) tally.push(piece);
      expect([tally.closeCode(), tally.isBetween()]).toEqual([undefined, false]);
      tally.push(last);
      expect([tally.closeCode(), tally.isBetween(), count]).toEqual([code, true, size]);
    }
  });
});

/** What a reader tells, in order. */
function witness() {
  const got: [string, ...unknown[]][] = [];
  const reader = createMessageReader({
    message: (message) => got.push(["message", message]),
    close: ({ code, reason }) => got.push(["close", code, reason]),
    ping: (payload) => got.push(["ping", Buffer.from(payload).toString()]),
    broken: (code) => got.push(["broken", code]),
  });
  return { got, reader };
}

/** A frame as nobody should send it. */
function oddFrame(first: number, payload: Uint8Array = new Uint8Array()): Buffer {
  return joined([new Uint8Array([first, payload.byteLength]), payload]);
}

describe("a server's messages", () => {
  it("are put together from fragments, with pings between them", () => {
    const { got, reader } = witness();
    reader.push(oddFrame(0x01, utf8("Gr")));
    reader.push(oddFrame(0x00, utf8("ü").subarray(0, 1)));
    reader.push(oddFrame(0x89, utf8("p")));
    reader.push(oddFrame(0x80, joined([utf8("ü").subarray(1), utf8("ße")])));
    expect(got).toEqual([
      ["ping", "p"],
      ["message", "Grüße"],
    ]);
  });

  it("end with a close, after which nothing is told", () => {
    const { got, reader } = witness();
    reader.push(oddFrame(0x88, encodeClose({ code: 4000, reason: "bye" })));
    reader.push(oddFrame(0x81, utf8("late")));
    expect(got).toEqual([["close", 4000, "bye"]]);
  });

  it.each([
    ["an unknown kind of message", oddFrame(0x83), 1002],
    ["an unknown kind of control frame", oddFrame(0x8b), 1002],
    ["an extension's bit", oddFrame(0xc1), 1002],
    ["a continuation of nothing", oddFrame(0x80), 1002],
    ["a message inside another", joined([oddFrame(0x01), oddFrame(0x81)]), 1002],
    ["a ping in parts", oddFrame(0x09), 1002],
    ["a masked frame", Buffer.from(encodeFrame(OPCODE.text, utf8("x"), true)), 1002],
    ["a long close", Buffer.from(encodeFrame(OPCODE.close, new Uint8Array(126), false)), 1002],
    ["a close of one byte", oddFrame(0x88, new Uint8Array(1)), 1002],
    ["a close with a code that is never sent", oddFrame(0x88, new Uint8Array([3, 238])), 1002],
    ["text that is not UTF-8", oddFrame(0x81, new Uint8Array([0xff])), 1007],
    ["a message that is too large", Buffer.from([0x82, 127, 0, 0, 0, 0, 4, 0, 0, 1]), 1009],
  ])("are broken by %s", (_what, bytes, code) => {
    const { got, reader } = witness();
    reader.push(bytes);
    reader.push(oddFrame(0x81, utf8("late")));
    expect(got).toEqual([["broken", code]]);
  });
});

interface Stage {
  readonly relay: MessageRelay;
  readonly client: { readonly got: unknown[]; waiting: number };
  readonly upstream: { readonly got: string[]; waiting: number };
  readonly ends: SocketEnd[];
  /** The upstream sends. */
  data(bytes: Uint8Array): void;
  /** The upstream's connection ends. */
  ended(): void;
}

/** Two ends that do nothing by themselves. */
function createStage(canPause: boolean): Stage {
  const client: Stage["client"] = { got: [], waiting: 0 };
  const upstream: Stage["upstream"] = { got: [], waiting: 0 };
  const ends: SocketEnd[] = [];
  const hands = { data: (_bytes: Uint8Array): void => {}, ended: (): void => {} };
  const end: UpstreamEnd = {
    start(data, ended) {
      Object.assign(hands, { data, ended });
    },
    write: (bytes) => upstream.got.push(`frame ${(bytes[0] ?? 0) & 15}`),
    waiting: () => upstream.waiting,
    end: () => upstream.got.push("end"),
    destroy: () => upstream.got.push("destroy"),
    ...(canPause && {
      flow: { pause: () => upstream.got.push("pause"), resume: () => upstream.got.push("resume") },
    }),
  };
  const relay = createMessageRelay(
    {
      send: (message) => client.got.push(message),
      waiting: () => client.waiting,
      close: ({ code }: Close) => client.got.push(`close ${code}`),
      cut: () => client.got.push("cut"),
    },
    end,
    { received() {}, sent() {}, end: (how) => ends.push(how) },
    () => undefined,
  );
  relay.opened();
  return { relay, client, upstream, ends, data: (bytes) => hands.data(bytes), ended: () => hands.ended() };
}

const MIB = 1024 * 1024;
const text = encodeFrame(OPCODE.text, utf8("x"), false);

describe("a relay of messages", () => {
  it("ends once, when both sides are over, as the first of them ended", () => {
    const { relay, client, upstream, ends, data, ended } = createStage(true);
    data(oddFrame(0x88, encodeClose({ code: 4000, reason: "" })));
    expect(client.got).toEqual(["close 4000"]);
    expect(upstream.got).toEqual(["frame 8", "end"]);
    relay.clientClosed({ code: 1000, reason: "" });
    expect(ends).toEqual([]);
    ended();
    expect(ends).toEqual([{ type: "closed", code: 4000 }]);
  });

  it("cuts a client whose upstream breaks, and an upstream whose client does", () => {
    const one = createStage(true);
    one.ended();
    expect(one.client.got).toEqual(["cut"]);
    one.relay.clientClosed(undefined);
    expect(one.ends).toEqual([{ type: "upstream_gone" }]);

    const two = createStage(false);
    two.relay.clientClosed(undefined);
    expect(two.upstream.got).toEqual(["destroy"]);
    two.ended();
    expect(two.ends).toEqual([{ type: "client_gone" }]);
  });

  it("answers an upstream's ping, and passes none on", () => {
    const { client, upstream, data } = createStage(true);
    data(encodeFrame(OPCODE.ping, utf8("?"), false));
    expect([client.got, upstream.got]).toEqual([[], ["frame 10"]]);
  });

  it("pauses an upstream whose client is slow, until that has taken most", () => {
    const { relay, client, upstream, data } = createStage(true);
    client.waiting = 2 * MIB;
    data(text);
    expect(upstream.got).toEqual(["pause"]);
    client.waiting = MIB;
    relay.drained();
    expect(upstream.got).toEqual(["pause"]);
    client.waiting = 1000;
    relay.drained();
    expect(upstream.got).toEqual(["pause", "resume"]);
  });

  it("closes both with 1013 where too much waits for a client and the upstream can't be paused", () => {
    const { relay, client, upstream, ends, data, ended } = createStage(false);
    client.waiting = 4 * MIB;
    data(text);
    expect(client.got).toEqual(["x"]);
    client.waiting += 1;
    data(text);
    expect(client.got).toEqual(["x", "close 1013"]);
    expect(upstream.got).toEqual(["frame 8", "end"]);
    data(text);
    expect(client.got).toHaveLength(2);
    relay.clientClosed({ code: 1013, reason: "" });
    ended();
    expect(ends).toEqual([{ type: "overflow" }]);
  });

  it("closes the client with 1013 where too much waits for its upstream", () => {
    const { relay, client, upstream } = createStage(true);
    upstream.waiting = 4 * MIB + 1;
    relay.received("more");
    expect(client.got).toEqual(["close 1013"]);
    expect(upstream.got).toContain("destroy");
  });

  it("that is told to go away closes both with 1001", () => {
    const { relay, client, upstream, ends, ended } = createStage(false);
    relay.goAway(1_000);
    expect(client.got).toEqual(["close 1001"]);
    expect(upstream.got).toEqual(["frame 8", "end"]);
    relay.clientClosed({ code: 1001, reason: "" });
    ended();
    expect(ends).toEqual([{ type: "going_away" }]);
  });
});

describe("a relay whose ends do not answer", () => {
  it.each([
    ["a close", 30_000, ({ data }: Stage) => data(oddFrame(0x88))],
    ["going away", 1_000, ({ relay }: Stage) => relay.goAway(1_000)],
    [
      "going away in the middle of a close",
      1_000,
      ({ data, relay }: Stage) => {
        data(oddFrame(0x88));
        relay.goAway(1_000);
      },
    ],
  ])("to %s is over after %d ms", (_what, ms, act) => {
    vi.useFakeTimers();
    try {
      const stage = createStage(false);
      act(stage);
      vi.advanceTimersByTime(ms - 1);
      expect(stage.ends).toEqual([]);
      vi.advanceTimersByTime(1);
      expect(stage.client.got.at(-1)).toBe("cut");
      expect(stage.upstream.got.at(-1)).toBe("destroy");
      expect(stage.ends).toHaveLength(1);
      stage.relay.clientClosed(undefined);
      stage.ended();
      expect(stage.ends).toHaveLength(1);
    } finally {
      vi.useRealTimers();
    }
  });
});

describe("the relays of a listener", () => {
  it("are empty when the last has ended", async () => {
    const relays = createRelays();
    const told: number[] = [];
    await relays.empty();
    const removes = [1, 2].map((id) => relays.add({ goAway: (grace) => told.push(id, grace) }));
    let isEmpty = false;
    const closing = relays.closeAll().then(() => {
      isEmpty = true;
    });
    expect(told).toEqual([1, 1_000, 2, 1_000]);
    removes[0]?.();
    await Promise.resolve();
    expect(isEmpty).toBe(false);
    removes[1]?.();
    await closing;
    expect(isEmpty).toBe(true);
  });
});
