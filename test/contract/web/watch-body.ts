/** What a watcher is told, and how a watched body ends. What is put back into one: see unread.ts. */

import { deepEqual, equal, rejects, throws } from "node:assert/strict";
import { setImmediate as turn } from "node:timers/promises";
import type { BodyEnd, BodyWatcher } from "../../../src/runtime/runtime.ts";
import { bytes, OK, type Rows, readAll, text, unawaited } from "./maker.ts";

/** What a watcher was told, in order. */
export function witness() {
  const told: string[] = [];
  const ends: BodyEnd[] = [];
  const watcher: BodyWatcher = {
    waiting: () => told.push("waiting"),
    chunk: (chunk) => told.push(text(chunk) ?? ""),
    end(end) {
      told.push(end.type);
      ends.push(end);
    },
  };
  return { told, ends, watcher };
}

const ERROR = new Error("stalled");
const isError = (thrown: unknown): boolean => thrown === ERROR;

export const watching: Rows = {
  "watching a body locks it, and one that is locked is not to be watched": ({ bodyByHand, watchBody }) => {
    const { body } = bodyByHand();
    const watched = watchBody(body, witness().watcher);
    deepEqual([body.locked, watched.stream().locked], [true, false]);
    equal(watched.stream(), watched.stream());
    throws(() => watchBody(body, witness().watcher), TypeError);
  },
  "a watched body asks for nothing and tells of no wait before its consumer asks": async ({
    bodyByHand,
    watchBody,
  }) => {
    const { body, asked } = bodyByHand();
    const { told, watcher } = witness();
    watchBody(body, watcher).stream().getReader();
    await turn();
    deepEqual([asked(), told], [0, []]);
  },
  "each wait is told before its chunk, and the end once": async ({ bodyByHand, watchBody }) => {
    const { body, push, end } = bodyByHand();
    const { told, watcher } = witness();
    const reader = watchBody(body, watcher).stream().getReader();
    const first = reader.read();
    await turn();
    deepEqual(told, ["waiting"]);
    push(bytes("a"));
    equal(text((await first).value), "a");
    deepEqual(told, ["waiting", "a"]);
    end();
    equal((await reader.read()).done, true);
    equal((await reader.read()).done, true);
    deepEqual(told, ["waiting", "a", "waiting", "done"]);
  },
  "a watched body is told of alike when a response reads it": async ({
    bodyFrom,
    createResponse,
    watchBody,
  }) => {
    const { told, watcher } = witness();
    const { stream } = watchBody(bodyFrom([bytes("a"), bytes("b")]), watcher);
    equal(await createResponse(stream(), OK).text(), "ab");
    deepEqual(told, ["waiting", "a", "waiting", "b", "waiting", "done"]);
  },
  "the consumer's chunk is the one that the watcher saw": async ({ bodyByHand, watchBody }) => {
    const { body, push } = bodyByHand();
    const chunk = bytes("same");
    const seen: unknown[] = [];
    push(chunk);
    const watched = watchBody(body, { ...witness().watcher, chunk: (one) => seen.push(one) });
    const { value } = await watched.stream().getReader().read();
    equal(value, chunk);
    equal(seen[0], chunk);
  },
  "every end is told before the consumer sees it": async ({ bodyByHand, watchBody }) => {
    for (const how of ["done", "failed", "cut"] as const) {
      const { body, end, fail } = bodyByHand();
      const order: string[] = [];
      const watched = watchBody(body, { ...witness().watcher, end: ({ type }) => order.push(type) });
      const seen = watched
        .stream()
        .getReader()
        .read()
        .finally(() => order.push("seen"))
        .catch(() => undefined);
      await turn();
      if (how === "done") end();
      else if (how === "failed") fail(ERROR);
      else watched.cut(ERROR);
      await seen;
      deepEqual(order, [how === "done" ? "done" : "failed", "seen"]);
    }
  },
  "a broken body is told of with its error, after the chunks that came": async ({
    bodyByHand,
    watchBody,
  }) => {
    const { body, push, fail } = bodyByHand();
    const { told, ends, watcher } = witness();
    push(bytes("a"));
    fail(ERROR);
    await rejects(readAll(watchBody(body, watcher).stream().getReader()), isError);
    deepEqual(told, ["waiting", "a", "waiting", "failed"]);
    deepEqual(ends, [{ type: "failed", error: ERROR }]);
  },
  "a consumer that leaves is told of once, and reaches the source with its reason": async ({
    bodyByHand,
    watchBody,
  }) => {
    const { body, push, fail, cancelled } = bodyByHand();
    const { told, watcher } = witness();
    const watched = watchBody(body, watcher);
    const reader = watched.stream().getReader();
    const pending = reader.read();
    await turn();
    await reader.cancel("gone");
    equal((await pending).done, true);
    push(bytes("late"));
    fail(new Error("late"));
    watched.cut(new Error("late"));
    await turn();
    deepEqual([told, cancelled], [["waiting", "cancelled"], ["gone"]]);
  },
  "a stream that is cancelled before it is asked for anything is told of": async ({
    bodyByHand,
    watchBody,
  }) => {
    const { body, asked, cancelled } = bodyByHand();
    const { told, watcher } = witness();
    await watchBody(body, watcher).stream().cancel("gone");
    deepEqual([told, cancelled, asked()], [["cancelled"], ["gone"], 0]);
  },
  "a cut fails the read that waits, cancels the source and is the only end": async ({
    bodyByHand,
    watchBody,
  }) => {
    const { body, push, end, cancelled } = bodyByHand();
    const { told, ends, watcher } = witness();
    const watched = watchBody(body, watcher);
    const reader = watched.stream().getReader();
    const pending = unawaited(reader.read());
    await turn();
    watched.cut(ERROR);
    watched.cut(new Error("again"));
    push(bytes("late"));
    end();
    await rejects(pending, isError);
    await rejects(reader.read(), isError);
    deepEqual([told, cancelled], [["waiting", "failed"], [ERROR]]);
    deepEqual(ends, [{ type: "failed", error: ERROR }]);
  },
  "a cut without a read that waits is seen by the next one, whatever has come": async ({
    bodyByHand,
    watchBody,
  }) => {
    const { body, push, cancelled } = bodyByHand();
    const { told, watcher } = witness();
    const watched = watchBody(body, watcher);
    const reader = watched.stream().getReader();
    push(bytes("a"));
    push(bytes("b"));
    await reader.read();
    watched.cut(ERROR);
    await rejects(reader.read(), isError);
    deepEqual([told, cancelled], [["waiting", "a", "failed"], [ERROR]]);
  },
  "a cut before anybody has the stream is what the stream begins with": async ({ bodyByHand, watchBody }) => {
    const { body, push } = bodyByHand();
    const { told, watcher } = witness();
    const watched = watchBody(body, watcher);
    push(bytes("a"));
    watched.cut(ERROR);
    await rejects(watched.stream().getReader().read(), isError);
    deepEqual(told, ["failed"]);
  },
  "a cut in the turn in which a chunk comes drops that chunk": async ({ bodyByHand, watchBody }) => {
    const { body, push } = bodyByHand();
    const { told, watcher } = witness();
    const watched = watchBody(body, watcher);
    const pending = unawaited(watched.stream().getReader().read());
    await turn();
    push(bytes("a"));
    watched.cut(ERROR);
    await rejects(pending, isError);
    deepEqual(told, ["waiting", "failed"]);
  },
  "a chunk on whose sight the watcher cuts is dropped, by read and by stream": async ({
    bodyByHand,
    watchBody,
  }) => {
    for (const isRead of [true, false]) {
      const { body, push, cancelled } = bodyByHand();
      const watched = watchBody(body, { ...witness().watcher, chunk: () => watched.cut(ERROR) });
      push(bytes("a"));
      await rejects(isRead ? watched.read() : watched.stream().getReader().read(), isError);
      deepEqual(cancelled, [ERROR]);
    }
  },
  "a cut on telling of a wait fails that read": async ({ bodyByHand, watchBody }) => {
    const { body } = bodyByHand();
    const watched = watchBody(body, { ...witness().watcher, waiting: () => watched.cut(ERROR) });
    await rejects(watched.stream().getReader().read(), isError);
  },
  "a cut after the end changes nothing": async ({ bodyByHand, watchBody }) => {
    const { body, end, cancelled } = bodyByHand();
    const { told, watcher } = witness();
    const watched = watchBody(body, watcher);
    const reader = watched.stream().getReader();
    end();
    await reader.read();
    watched.cut(ERROR);
    equal((await reader.read()).done, true);
    equal(await watched.read(), undefined);
    deepEqual([told, cancelled], [["waiting", "done"], []]);
  },
  "a cut breaks a pipe and an iteration": async ({ bodyByHand, watchBody }) => {
    for (const isPiped of [true, false]) {
      const { body, push } = bodyByHand();
      const { told, watcher } = witness();
      const watched = watchBody(body, watcher);
      const consume = async (): Promise<void> => {
        for await (const _ of watched.stream());
      };
      const consumed = unawaited(isPiped ? watched.stream().pipeTo(new WritableStream()) : consume());
      push(bytes("a"));
      await turn();
      watched.cut(ERROR);
      await rejects(consumed, isError);
      deepEqual(told.slice(-2), ["waiting", "failed"]);
    }
  },
};
