/** Reading a watched body's beginning, putting it back, and going on by its stream. */

import { deepEqual, equal, rejects } from "node:assert/strict";
import { setImmediate as turn } from "node:timers/promises";
import { bytes, OK, type Rows, readAll, text, unawaited } from "./maker.ts";
import { witness } from "./watch-body.ts";

const ERROR = new Error("stalled");
const isError = (thrown: unknown): boolean => thrown === ERROR;

/** What is put back, and how often it was released. */
function head(content: string, pending?: Promise<Uint8Array<ArrayBuffer> | undefined>) {
  const released: string[] = [];
  return { released, bytes: bytes(content), pending, release: () => void released.push("released") };
}

export const unread: Rows = {
  "read gives chunk by chunk and then undefined, told of like a stream": async ({
    bodyByHand,
    watchBody,
  }) => {
    const { body, push, end } = bodyByHand();
    const { told, watcher } = witness();
    const watched = watchBody(body, watcher);
    const first = watched.read();
    await turn();
    push(bytes("a"));
    equal(text(await first), "a");
    end();
    deepEqual([await watched.read(), await watched.read()], [undefined, undefined]);
    deepEqual(told, ["waiting", "a", "waiting", "done"]);
  },
  "read rejects with the error that breaks the body, again and again": async ({ bodyByHand, watchBody }) => {
    const { body, fail } = bodyByHand();
    const { told, watcher } = witness();
    const watched = watchBody(body, watcher);
    fail(ERROR);
    await rejects(watched.read(), isError);
    await rejects(watched.read(), isError);
    deepEqual(told, ["waiting", "failed"]);
  },
  "a cut rejects the read that is awaited": async ({ bodyByHand, watchBody }) => {
    const { body, cancelled } = bodyByHand();
    const { told, watcher } = witness();
    const watched = watchBody(body, watcher);
    const pending = unawaited(watched.read());
    await turn();
    watched.cut(ERROR);
    await rejects(pending, isError);
    await rejects(watched.read(), isError);
    await rejects(watched.stream().getReader().read(), isError);
    deepEqual([told, cancelled], [["waiting", "failed"], [ERROR]]);
  },
  "the stream goes on after what was read": async ({ bodyFrom, watchBody }) => {
    const { told, watcher } = witness();
    const watched = watchBody(bodyFrom([bytes("a"), bytes("b"), bytes("c")]), watcher);
    equal(text(await watched.read()), "a");
    equal(await readAll(watched.stream().getReader()), "bc");
    deepEqual(told, ["waiting", "a", "waiting", "b", "waiting", "c", "waiting", "done"]);
  },
  "the stream of a body that was read to its end is empty": async ({ bodyFrom, watchBody }) => {
    const watched = watchBody(bodyFrom([]), witness().watcher);
    equal(await watched.read(), undefined);
    equal((await watched.stream().getReader().read()).done, true);
  },
  "what was put back comes first, is told of once, and is released once, when it is asked for": async ({
    bodyFrom,
    watchBody,
  }) => {
    const { told, watcher } = witness();
    const watched = watchBody(bodyFrom([bytes("a"), bytes("b")]), watcher);
    await watched.read();
    const back = head("a");
    watched.unread(back);
    const reader = watched.stream().getReader();
    await turn();
    deepEqual(back.released, []);
    const { value } = await reader.read();
    equal(value, back.bytes);
    deepEqual(back.released, ["released"]);
    equal(await readAll(reader), "b");
    deepEqual([told, back.released.length], [["waiting", "a", "waiting", "b", "waiting", "done"], 1]);
  },
  "a read that is still awaited is put back too: its chunk follows the bytes": async ({
    bodyByHand,
    watchBody,
  }) => {
    const { body, push, end } = bodyByHand();
    const { told, watcher } = witness();
    const watched = watchBody(body, watcher);
    push(bytes("a"));
    await watched.read();
    const pending = watched.read();
    const back = head("a", pending);
    watched.unread(back);
    const read = readAll(watched.stream().getReader());
    await turn();
    push(bytes("b"));
    push(bytes("c"));
    end();
    equal(await read, "abc");
    deepEqual(told, ["waiting", "a", "waiting", "b", "waiting", "c", "waiting", "done"]);
    equal(back.released.length, 1);
  },
  "a head without bytes is no chunk, with and without a read that is awaited": async ({
    bodyByHand,
    watchBody,
  }) => {
    for (const isAwaited of [true, false]) {
      const { body, push, end } = bodyByHand();
      const watched = watchBody(body, witness().watcher);
      const back = head("", isAwaited ? watched.read() : undefined);
      watched.unread(back);
      const reader = watched.stream().getReader();
      const first = reader.read();
      await turn();
      push(bytes("a"));
      end();
      equal(text((await first).value), "a");
      deepEqual([(await reader.read()).done, back.released.length], [true, 1]);
    }
  },
  "an awaited read that was put back may be the end, or the error": async ({ bodyByHand, watchBody }) => {
    for (const isEnd of [true, false]) {
      const { body, end, fail } = bodyByHand();
      const { told, watcher } = witness();
      const watched = watchBody(body, watcher);
      watched.unread(head("a", unawaited(watched.read())));
      const reader = watched.stream().getReader();
      await turn();
      if (isEnd) end();
      else fail(ERROR);
      equal(text((await reader.read()).value), "a");
      if (isEnd) equal((await reader.read()).done, true);
      else await rejects(reader.read(), isError);
      deepEqual(told, ["waiting", isEnd ? "done" : "failed"]);
    }
  },
  "what was put back comes before the error of a cut": async ({ bodyFrom, watchBody }) => {
    const watched = watchBody(bodyFrom([bytes("a"), bytes("b")]), witness().watcher);
    await watched.read();
    watched.unread(head("a"));
    const reader = watched.stream().getReader();
    watched.cut(ERROR);
    equal(text((await reader.read()).value), "a");
    await rejects(reader.read(), isError);
  },
  "a cut meets an awaited read that was put back: the bytes, then the error": async ({
    bodyByHand,
    watchBody,
  }) => {
    for (const isAsked of [true, false]) {
      const { body } = bodyByHand();
      const { told, watcher } = witness();
      const watched = watchBody(body, watcher);
      watched.unread(head("a", unawaited(watched.read())));
      const reader = watched.stream().getReader();
      const reads = isAsked ? [reader.read(), unawaited(reader.read())] : [];
      await turn();
      watched.cut(ERROR);
      equal(text((await (reads[0] ?? reader.read())).value), "a");
      await rejects(reads[1] ?? reader.read(), isError);
      deepEqual(told, ["waiting", "failed"]);
    }
  },
  "what was put back is released once when the stream is cancelled, before and after it came": async ({
    bodyByHand,
    watchBody,
  }) => {
    for (const isTaken of [true, false]) {
      const { body, cancelled } = bodyByHand();
      const { told, watcher } = witness();
      const watched = watchBody(body, watcher);
      const pending = watched.read();
      const back = head("a", pending);
      watched.unread(back);
      const reader = watched.stream().getReader();
      if (isTaken) await reader.read();
      await reader.cancel("gone");
      deepEqual([told, cancelled, back.released], [["waiting", "cancelled"], ["gone"], ["released"]]);
      equal(await pending, undefined);
      equal((await reader.read()).done, true);
    }
  },
  "what was put back is given up with a body that had ended before": async ({ bodyFrom, watchBody }) => {
    const { told, watcher } = witness();
    const watched = watchBody(bodyFrom([]), watcher);
    await watched.read();
    const back = head("a");
    watched.unread(back);
    await watched.stream().cancel("gone");
    deepEqual([told, back.released], [["waiting", "done"], ["released"]]);
  },
  "a response of a body with something put back has all of it": async ({
    bodyFrom,
    createResponse,
    watchBody,
  }) => {
    const watched = watchBody(bodyFrom([bytes("a"), bytes("b"), bytes("c")]), witness().watcher);
    await watched.read();
    watched.unread(head("a", watched.read()));
    equal(await createResponse(watched.stream(), OK).text(), "abc");
  },
};
