import { describe, expect, it } from "vitest";
import { watchBody } from "../../../../adapters/shared/web/watch-body.ts";
import type { BodyEnd, BodyWatcher, ByteStream, Bytes } from "../../../../src/runtime/runtime.ts";

const bytes = (text: string): Bytes => new TextEncoder().encode(text);

/** A source that is fed by hand and remembers whether it was cancelled. */
function source() {
  const cancelled: unknown[] = [];
  let controller: ReadableStreamDefaultController<Bytes> | undefined;
  const stream: ByteStream = new ReadableStream<Bytes>(
    {
      start(own) {
        controller = own;
      },
      cancel(reason) {
        cancelled.push(reason);
      },
    },
    { highWaterMark: 0 },
  );
  if (controller === undefined) throw new Error("start was not called");
  return { stream, cancelled, feed: controller };
}

/** What the watcher was told, in order. */
function witness() {
  const told: string[] = [];
  const ends: BodyEnd[] = [];
  const watcher: BodyWatcher = {
    waiting: () => told.push("waiting"),
    chunk: (chunk) => told.push(new TextDecoder().decode(chunk)),
    end: (end) => {
      told.push(end.type);
      ends.push(end);
    },
  };
  return { told, ends, watcher };
}

/** A stream begins to pull once the promise of its start has settled. */
const pulling = (): Promise<void> => Promise.resolve().then(() => undefined);

describe("watchBody", () => {
  it("passes every chunk on and tells of waits, chunks and the end in order", async () => {
    const { stream, feed } = source();
    const { told, watcher } = witness();
    const watched = watchBody(stream, watcher);
    feed.enqueue(bytes("a"));
    feed.enqueue(bytes("b"));
    feed.close();
    expect(await new Response(watched.stream()).text()).toBe("ab");
    expect(told).toEqual(["waiting", "a", "waiting", "b", "waiting", "done"]);
  });

  it("reads nothing and waits for nothing until its consumer asks", async () => {
    const { told, watcher } = witness();
    let pulls = 0;
    const stream: ByteStream = new ReadableStream<Bytes>(
      {
        pull(controller) {
          pulls += 1;
          controller.enqueue(bytes("x"));
        },
      },
      { highWaterMark: 0 },
    );
    const reader = watchBody(stream, watcher).stream().getReader();
    await Promise.resolve();
    expect([pulls, told]).toEqual([0, []]);
    await reader.read();
    expect([pulls, told]).toEqual([1, ["waiting", "x"]]);
  });

  it("does not copy a chunk", async () => {
    const { stream, feed } = source();
    const chunk = bytes("same");
    feed.enqueue(chunk);
    const { value } = await watchBody(stream, witness().watcher).stream().getReader().read();
    expect(value).toBe(chunk);
  });

  it("fails as its source fails, after the chunks that came", async () => {
    const { stream, feed } = source();
    const { told, ends, watcher } = witness();
    const reader = watchBody(stream, watcher).stream().getReader();
    const first = reader.read();
    feed.enqueue(bytes("a"));
    expect((await first).done).toBe(false);
    const error = new Error("reset");
    feed.error(error);
    await expect(reader.read()).rejects.toBe(error);
    expect(told).toEqual(["waiting", "a", "waiting", "failed"]);
    expect(ends).toEqual([{ type: "failed", error }]);
  });

  it("cancels its source when the consumer leaves", async () => {
    const { stream, cancelled } = source();
    const { told, watcher } = witness();
    await watchBody(stream, watcher).stream().cancel("gone");
    expect(cancelled).toEqual(["gone"]);
    expect(told).toEqual(["cancelled"]);
  });

  it("survives a cancel that meets a pending read whose chunk comes afterwards", async () => {
    const { told, watcher } = witness();
    let answer: (() => void) | undefined;
    const stream: ByteStream = new ReadableStream<Bytes>(
      {
        // A source that enqueues late and does not care that it was cancelled.
        pull: (controller) =>
          new Promise((resolve) => {
            answer = () => {
              try {
                controller.enqueue(bytes("late"));
              } catch {
                // Cancelled meanwhile.
              }
              resolve();
            };
          }),
      },
      { highWaterMark: 0 },
    );
    const reader = watchBody(stream, watcher).stream().getReader();
    const pending = reader.read();
    await pulling();
    await reader.cancel("gone");
    answer?.();
    expect((await pending).done).toBe(true);
    await new Promise<void>((resolve) => setImmediate(resolve));
    expect(told).toEqual(["waiting", "cancelled"]);
  });

  it("a cut fails the pending read, cancels the source and is the only end", async () => {
    const { stream, cancelled } = source();
    const { told, ends, watcher } = witness();
    const watched = watchBody(stream, watcher);
    const reader = watched.stream().getReader();
    const pending = reader.read();
    await pulling();
    const error = new Error("stalled");
    watched.cut(error);
    watched.cut(new Error("again"));
    await expect(pending).rejects.toBe(error);
    expect(cancelled).toEqual([error]);
    expect(told).toEqual(["waiting", "failed"]);
    expect(ends).toEqual([{ type: "failed", error }]);
  });

  it("drops the chunk on whose sight the watcher cuts", async () => {
    const { stream, feed } = source();
    const error = new Error("too large");
    const watched = watchBody(stream, { waiting() {}, chunk: () => watched.cut(error), end() {} });
    feed.enqueue(bytes("a"));
    await expect(watched.stream().getReader().read()).rejects.toBe(error);
  });

  it("drops a chunk that came in the same turn as the cut", async () => {
    const { stream, feed } = source();
    const { told, watcher } = witness();
    const watched = watchBody(stream, watcher);
    const pending = watched.stream().getReader().read();
    await pulling();
    feed.enqueue(bytes("a"));
    watched.cut(new Error("stalled"));
    await expect(pending).rejects.toThrow("stalled");
    expect(told).toEqual(["waiting", "failed"]);
  });

  it("a cut after the end changes nothing", async () => {
    const { stream, feed } = source();
    const { told, watcher } = witness();
    const watched = watchBody(stream, watcher);
    feed.enqueue(bytes("a"));
    feed.close();
    expect(await new Response(watched.stream()).text()).toBe("a");
    watched.cut(new Error("late"));
    expect(told.filter((what) => what === "done" || what === "failed")).toEqual(["done"]);
  });

  it("an end is told once when the source fails after the consumer left", async () => {
    const { stream, feed } = source();
    const { told, watcher } = witness();
    const reader = watchBody(stream, watcher).stream().getReader();
    const pending = reader.read();
    await pulling();
    await reader.cancel();
    expect(() => feed.error(new Error("too late"))).not.toThrow();
    await pending;
    expect(told).toEqual(["waiting", "cancelled"]);
  });

  it("a source whose cancelling fails does not fail its consumer's leaving", async () => {
    const stream: ByteStream = new ReadableStream<Bytes>({
      cancel: () => Promise.reject(new Error("can't")),
    });
    await expect(watchBody(stream, witness().watcher).stream().cancel()).resolves.toBeUndefined();
  });
});
