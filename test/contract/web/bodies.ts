/** Streams of bytes by their readers. All rows are run on a body of the maker's and on a watched one. */

import { deepEqual, equal, ok, rejects, throws } from "node:assert/strict";
import { setImmediate as turn } from "node:timers/promises";
import { bytes, type Rows, readAll, text, unawaited } from "./maker.ts";

export const bodies: Rows = {
  "is a ReadableStream, and its reader a ReadableStreamDefaultReader": ({ bodyByHand }) => {
    const { body } = bodyByHand();
    ok(body instanceof ReadableStream);
    ok(body.getReader() instanceof ReadableStreamDefaultReader);
  },
  "is locked from getReader to releaseLock": ({ bodyByHand }) => {
    const { body } = bodyByHand();
    equal(body.locked, false);
    const reader = body.getReader();
    equal(body.locked, true);
    reader.releaseLock();
    equal(body.locked, false);
    reader.releaseLock();
  },
  "that is locked throws or rejects with a TypeError, whatever is asked of it": async ({ bodyByHand }) => {
    const { body, cancelled } = bodyByHand();
    body.getReader();
    throws(() => body.getReader(), TypeError);
    throws(() => body.tee(), TypeError);
    throws(() => body.pipeThrough(new TransformStream()), TypeError);
    throws(() => body.values(), TypeError);
    await rejects(body.cancel("gone"), TypeError);
    await rejects(body.pipeTo(new WritableStream()), TypeError);
    deepEqual(cancelled, []);
  },
  "gives its chunks in order, as they are, then its end, and again its end": async ({ bodyByHand }) => {
    const { body, push, end } = bodyByHand();
    const [a, b] = [bytes("a"), bytes("b")];
    push(a);
    push(b);
    end();
    const reader = body.getReader();
    const [first, second] = [await reader.read(), await reader.read()];
    equal(first.value, a);
    equal(second.value, b);
    deepEqual([first.done, second.done], [false, false]);
    deepEqual(await reader.read(), { done: true, value: undefined });
    deepEqual(await reader.read(), { done: true, value: undefined });
  },
  "gives a chunk to the read that waits for it": async ({ bodyByHand }) => {
    const { body, push, end } = bodyByHand();
    const reader = body.getReader();
    const first = reader.read();
    await turn();
    push(bytes("a"));
    equal(text((await first).value), "a");
    const last = reader.read();
    await turn();
    end();
    equal((await last).done, true);
  },
  "gives chunks to several waiting reads in the order in which they asked": async ({ bodyByHand }) => {
    const { body, push, end } = bodyByHand();
    const reader = body.getReader();
    const reads = Promise.all([reader.read(), reader.read(), reader.read(), reader.read()]);
    await turn();
    for (const letter of ["a", "b"]) push(bytes(letter));
    end();
    deepEqual(
      (await reads).map(({ done, value }) => [done, text(value)]),
      [
        [false, "a"],
        [false, "b"],
        [true, undefined],
        [true, undefined],
      ],
    );
  },
  "fails every waiting read when it breaks": async ({ bodyByHand }) => {
    const { body, fail } = bodyByHand();
    const reader = body.getReader();
    const reads = [unawaited(reader.read()), unawaited(reader.read())];
    await turn();
    const error = new Error("reset");
    fail(error);
    for (const read of reads) await rejects(read, (thrown) => thrown === error);
  },
  "passes on a chunk without bytes": async ({ bodyByHand }) => {
    const { body, push, end } = bodyByHand();
    const reader = body.getReader();
    const first = reader.read();
    await turn();
    push(bytes(""));
    push(bytes(""));
    push(bytes("a"));
    end();
    deepEqual([(await first).value?.byteLength, (await reader.read()).value?.byteLength], [0, 0]);
    equal(await readAll(reader), "a");
  },
  "that breaks gives the chunks that came, then its error at every read": async ({ bodyByHand }) => {
    const { body, push, fail } = bodyByHand();
    const reader = body.getReader();
    push(bytes("a"));
    push(bytes("b"));
    const error = new Error("reset");
    fail(error);
    deepEqual([text((await reader.read()).value), text((await reader.read()).value)], ["a", "b"]);
    await rejects(reader.read(), (thrown) => thrown === error);
    await rejects(reader.read(), (thrown) => thrown === error);
  },
  "that broke before anybody asked gives its error": async ({ bodyByHand }) => {
    const { body, fail } = bodyByHand();
    fail("broken");
    await rejects(body.getReader().read(), (thrown) => thrown === "broken");
  },
  "asks its producer for nothing before somebody reads": async ({ bodyByHand }) => {
    const { body, asked } = bodyByHand();
    const reader = body.getReader();
    await turn();
    equal(asked(), 0);
    unawaited(reader.read());
    await turn();
    equal(asked(), 1);
  },
  "asks its producer for no more than 64 KiB ahead of its reader, and for more when that is read": async ({
    bodyFrom,
  }) => {
    const [size, count] = [10_000, 60];
    let made = 0;
    function* chunks() {
      for (let i = 0; i < count; i += 1) {
        made += size;
        yield new Uint8Array(size);
      }
    }
    const reader = bodyFrom(chunks()).getReader();
    equal(made, 0);
    for (let read = size; read <= size * count; read += size) {
      equal((await reader.read()).value?.byteLength, size);
      await turn();
      ok(made - read < 65_536 + size, `${made - read} ahead`);
    }
    equal((await reader.read()).done, true);
  },
  "that is cancelled ends waiting reads and reaches its producer once, with the reason": async ({
    bodyByHand,
  }) => {
    const { body, cancelled } = bodyByHand();
    const reader = body.getReader();
    const pending = [reader.read(), reader.read()];
    await turn();
    await reader.cancel("gone");
    await reader.cancel("again");
    for (const read of pending) deepEqual(await read, { done: true, value: undefined });
    deepEqual(await reader.read(), { done: true, value: undefined });
    reader.releaseLock();
    await body.cancel("once more");
    deepEqual(cancelled, ["gone"]);
  },
  "that is cancelled drops what is kept, and what still comes": async ({ bodyByHand }) => {
    const { body, push, end } = bodyByHand();
    push(bytes("a"));
    await body.cancel();
    push(bytes("b"));
    end();
    equal(body.locked, false);
    equal((await body.getReader().read()).done, true);
  },
  "that is cancelled does not break any more": async ({ bodyByHand }) => {
    const { body, fail } = bodyByHand();
    const reader = body.getReader();
    const pending = reader.read();
    await turn();
    await reader.cancel();
    fail(new Error("late"));
    equal((await pending).done, true);
    equal((await reader.read()).done, true);
    await reader.closed;
  },
  "that has ended can be cancelled, and nobody is told": async ({ bodyByHand }) => {
    const { body, end, cancelled } = bodyByHand();
    end();
    const reader = body.getReader();
    await reader.read();
    await reader.cancel("late");
    deepEqual(cancelled, []);
  },
  "that is broken rejects its cancelling with the error": async ({ bodyByHand }) => {
    const { body, fail } = bodyByHand();
    fail("broken");
    const reader = body.getReader();
    await reader.read().catch(() => undefined);
    await rejects(reader.cancel("gone"), (thrown) => thrown === "broken");
  },
  "whose reader is released goes on with the next one where it was": async ({ bodyByHand }) => {
    const { body, push, end } = bodyByHand();
    for (const letter of ["a", "b", "c"]) push(bytes(letter));
    end();
    const first = body.getReader();
    equal(text((await first.read()).value), "a");
    first.releaseLock();
    const second = body.getReader();
    equal(text((await second.read()).value), "b");
    second.releaseLock();
    equal(await readAll(body.getReader()), "c");
  },
  "whose reader is released fails a waiting read, and keeps its chunk for the next reader": async ({
    bodyByHand,
  }) => {
    const { body, push, end } = bodyByHand();
    const first = body.getReader();
    const pending = [unawaited(first.read()), unawaited(first.read())];
    await turn();
    first.releaseLock();
    equal(body.locked, false);
    for (const read of pending) await rejects(read, TypeError);
    push(bytes("a"));
    push(bytes("b"));
    end();
    equal(await readAll(body.getReader()), "ab");
  },
  "does not listen to a reader that was released": async ({ bodyByHand }) => {
    const { body, cancelled } = bodyByHand();
    const reader = body.getReader();
    reader.releaseLock();
    await rejects(reader.read(), TypeError);
    await rejects(reader.cancel("gone"), TypeError);
    await rejects(reader.closed, TypeError);
    deepEqual([cancelled, body.locked], [[], false]);
  },
};
