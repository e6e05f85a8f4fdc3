/** A light body beside a native one: whatever happens to both, in whatever order, they give the same bytes and end. */

import { setImmediate as turn } from "node:timers/promises";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { nativeOf, sourceOf } from "../../../adapters/shared/light/body.ts";
import type { ByteStream, Bytes } from "../../../src/runtime/runtime.ts";
import { light } from "./light.ts";
import { bytes, type Hand, type Maker, text } from "./maker.ts";
import { native } from "./native.ts";
import { witness } from "./watch-body.ts";

/** One step in a body's life. `pause` and `resume`: the consumer takes no more for a while. */
type Step =
  | { readonly type: "push"; readonly size: number }
  | { readonly type: "pause" | "resume" | "turn" | "end" | "fail" | "cancel" | "release" };

const rare = ["end", "fail", "cancel"] as const;
const steps: fc.Arbitrary<readonly Step[]> = fc.array(
  fc.oneof(
    { weight: 8, arbitrary: fc.record({ type: fc.constant("push" as const), size: fc.nat(40_000) }) },
    { weight: 4, arbitrary: fc.record({ type: fc.constant("push" as const), size: fc.nat(2) }) },
    { weight: 6, arbitrary: fc.record({ type: fc.constantFrom("pause", "resume", "release") }) },
    { weight: 6, arbitrary: fc.record({ type: fc.constant("turn" as const) }) },
    { weight: 1, arbitrary: fc.record({ type: fc.constantFrom(...rare) }) },
  ),
  { maxLength: 40 },
);

/** What the consumer saw of a body, and its producer of the consumer. */
interface Life {
  readonly bytes: string;
  readonly end: string;
  readonly cancelled: readonly unknown[];
}

interface Consumer {
  pause(): void;
  resume(): void;
  /** Changes hands, where it can. */
  release(): void;
  cancel(): void;
  /** What it has seen. Its end is empty while there is none. */
  seen(): Omit<Life, "cancelled">;
}

/** Reads one chunk after the other, by a reader. */
function readerOf(body: ByteStream): Consumer {
  let all = "";
  let end = "";
  let paused = false;
  let running = false;
  let reader = body.getReader();
  async function run(): Promise<void> {
    if (running) return;
    running = true;
    while (!paused && end === "") {
      const own = reader;
      try {
        const { done, value } = await own.read();
        if (done) end = "done";
        else all += text(value);
      } catch (error) {
        // A reader that was released fails its read, which the next one repeats.
        if (own === reader) end = String(error);
      }
    }
    running = false;
  }
  void run();
  return {
    pause() {
      paused = true;
    },
    resume() {
      paused = false;
      void run();
    },
    release() {
      // While it pauses, the chunk of the read that is still awaited is its last one.
      if (paused) return;
      reader.releaseLock();
      reader = body.getReader();
    },
    cancel: () => void reader.cancel("gone").catch(() => undefined),
    seen: () => ({ bytes: all, end }),
  };
}

/** Takes everything as the adapter's server does: by a sink, which may say that it takes no more. */
function sinkOf(body: ByteStream): Consumer {
  const source = sourceOf(body);
  let all = "";
  let end = "";
  let paused = false;
  let full = false;
  source.pipe({
    write(chunk) {
      if (full || end !== "") throw new Error("written to a sink that takes no more");
      all += text(chunk);
      full = paused;
      return !full;
    },
    end() {
      end = "done";
    },
    fail(error) {
      end = String(error);
    },
  });
  return {
    pause() {
      paused = true;
    },
    resume() {
      paused = false;
      if (!full) return;
      full = false;
      source.resume();
    },
    release() {},
    cancel() {
      if (end === "") end = "done";
      source.cancel("gone");
    },
    seen: () => ({ bytes: all, end }),
  };
}

function chunkOf(size: number, at: number): Bytes {
  return bytes(String.fromCharCode(97 + (at % 26)).repeat(size));
}

/** What a consumer gets of what comes in the turn in which it pauses or leaves is not settled: these wait for the next. */
const SETTLED: ReadonlySet<Step["type"]> = new Set(["turn", "pause", "cancel"]);

async function live(hand: Hand, consumer: Consumer, life: readonly Step[]): Promise<Life> {
  for (const [at, step] of life.entries()) {
    if (SETTLED.has(step.type)) await turn();
    if (step.type === "push") hand.push(chunkOf(step.size, at));
    else if (step.type === "end") hand.end();
    else if (step.type === "fail") hand.fail("reset");
    else if (step.type !== "turn") consumer[step.type]();
  }
  consumer.resume();
  await turn();
  hand.end();
  for (let i = 0; i < 100 && consumer.seen().end === ""; i += 1) await turn();
  return { ...consumer.seen(), cancelled: hand.cancelled };
}

/** Ways in which a light body is consumed on Node, and a native one where a light one is expected. */
const WAYS: Readonly<Record<string, readonly [maker: Maker, consume: (body: ByteStream) => Consumer]>> = {
  "read by a reader": [light, readerOf],
  "read as an iteration's and a tee's native stream": [light, (body) => readerOf(nativeOf(body))],
  "taken by a sink": [light, sinkOf],
  "of the runtime's own, taken by a sink": [native, sinkOf],
};

async function expectSame(
  life: readonly Step[],
  hand: Hand,
  body: ByteStream,
  consume: (body: ByteStream) => Consumer,
): Promise<void> {
  const own = native.bodyByHand();
  const [expected, seen] = await Promise.all([
    live(own, readerOf(own.body), life),
    live(hand, consume(body), life),
  ]);
  expect(seen).toEqual(expected);
}

describe("a body, whatever happens to it", () => {
  for (const [way, [maker, consume]] of Object.entries(WAYS)) {
    it(`${way} gives the bytes and the end that a native one gives`, async () => {
      await fc.assert(
        fc.asyncProperty(steps, (life) => {
          const hand = maker.bodyByHand();
          return expectSame(life, hand, hand.body, consume);
        }),
      );
    });

    it(`watched and ${way} gives the same, and tells of all of it`, async () => {
      await fc.assert(
        fc.asyncProperty(steps, async (life) => {
          const hand = maker.bodyByHand();
          const { told, ends, watcher } = witness();
          const watched = light.watchBody(hand.body, watcher);
          await expectSame(life, hand, watched.stream(), consume);
          expect(ends).toHaveLength(1);
          expect(told.indexOf(ends[0]?.type ?? "")).toBe(told.length - 1);
        }),
      );
    });
  }
});
