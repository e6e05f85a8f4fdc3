/** Streams of bytes by all that consumes them but a reader. Run on a body of the maker's and on a watched one. */

import { deepEqual, equal, rejects } from "node:assert/strict";
import { setImmediate as turn } from "node:timers/promises";
import { bytes, OK, type Rows, readAll, text } from "./maker.ts";

/** A writable that keeps what it is given. */
function collector() {
  const told: string[] = [];
  const stream = new WritableStream<Uint8Array>({
    write: (chunk) => void told.push(text(chunk) ?? ""),
    close: () => void told.push("close"),
    abort: (reason) => void told.push(`abort ${reason}`),
  });
  return { told, stream };
}

export const bodyConsumers: Rows = {
  "is piped into a writable to its end": async ({ bodyByHand }) => {
    const { body, push, end } = bodyByHand();
    const { told, stream } = collector();
    const piped = body.pipeTo(stream);
    equal(body.locked, true);
    push(bytes("a"));
    await turn();
    push(bytes("b"));
    end();
    await piped;
    deepEqual([told, body.locked], [["a", "b", "close"], false]);
  },
  "that breaks aborts the writable that it is piped into": async ({ bodyByHand }) => {
    const { body, push, fail } = bodyByHand();
    const { told, stream } = collector();
    const piped = body.pipeTo(stream);
    push(bytes("a"));
    await turn();
    fail("reset");
    await rejects(piped, (thrown) => thrown === "reset");
    deepEqual(told, ["a", "abort reset"]);
  },
  "is cancelled when the writable that it is piped into breaks": async ({ bodyByHand }) => {
    const { body, push, cancelled } = bodyByHand();
    const full = new WritableStream<Uint8Array>({
      write: () => Promise.reject("full"),
    });
    const piped = body.pipeTo(full);
    push(bytes("a"));
    await rejects(piped, (thrown) => thrown === "full");
    deepEqual(cancelled, ["full"]);
  },
  "stops being piped at a signal": async ({ bodyByHand }) => {
    const { body, cancelled } = bodyByHand();
    const controller = new AbortController();
    const piped = body.pipeTo(collector().stream, { signal: controller.signal });
    await turn();
    controller.abort("enough");
    await rejects(piped, (thrown) => thrown === "enough");
    deepEqual(cancelled, ["enough"]);
  },
  "is piped through a transform": async ({ bodyFrom }) => {
    const shout = new TransformStream<Uint8Array, string>({
      transform: (chunk, controller) => controller.enqueue((text(chunk) ?? "").toUpperCase()),
    });
    let all = "";
    for await (const chunk of bodyFrom([bytes("a"), bytes("b")]).pipeThrough(shout)) all += chunk;
    equal(all, "AB");
  },
  "can be teed: both branches have all of it": async ({ bodyFrom }) => {
    const body = bodyFrom([bytes("a"), bytes("b")]);
    const [one, two] = body.tee();
    equal(body.locked, true);
    deepEqual([await readAll(one.getReader()), await readAll(two.getReader())], ["ab", "ab"]);
  },
  "that is teed is cancelled when both branches are": async ({ bodyByHand }) => {
    const { body, cancelled } = bodyByHand();
    const [one, two] = body.tee();
    const first = one.cancel("a");
    await turn();
    deepEqual(cancelled, []);
    await Promise.all([first, two.cancel("b")]);
    deepEqual(cancelled, [["a", "b"]]);
  },
  "is iterated to its end": async ({ bodyFrom }) => {
    let all = "";
    const body = bodyFrom([bytes("a"), bytes("b")]);
    for await (const chunk of body) all += text(chunk);
    deepEqual([all, body.locked], ["ab", false]);
  },
  "throws its error where it is iterated": async ({ bodyByHand }) => {
    const { body, push, fail } = bodyByHand();
    push(bytes("a"));
    fail("reset");
    const seen: unknown[] = [];
    try {
      for await (const chunk of body) seen.push(text(chunk));
    } catch (error) {
      seen.push(error);
    }
    deepEqual(seen, ["a", "reset"]);
  },
  "is cancelled when its iteration is left": async ({ bodyByHand }) => {
    const { body, push, cancelled } = bodyByHand();
    push(bytes("a"));
    for await (const _ of body) break;
    deepEqual([cancelled, body.locked], [[undefined], false]);
  },
  "goes on after an iteration that was left without cancelling": async ({ bodyByHand }) => {
    const { body, push, end, cancelled } = bodyByHand();
    push(bytes("a"));
    push(bytes("b"));
    end();
    for await (const _ of body.values({ preventCancel: true })) break;
    deepEqual([cancelled, await readAll(body.getReader())], [[], "b"]);
  },
  "that was read a bit is consumed from there by a pipe and by an iteration": async ({ bodyFrom }) => {
    for (const isPiped of [true, false]) {
      const body = bodyFrom([bytes("a"), bytes("b"), bytes("c")]);
      const reader = body.getReader();
      await reader.read();
      reader.releaseLock();
      const { told, stream } = collector();
      if (isPiped) await body.pipeTo(stream);
      else for await (const chunk of body) told.push(text(chunk) ?? "");
      equal(told.join("").replace("close", ""), "bc");
    }
  },
  "is the text of a response that is made of it": async ({ bodyFrom, createResponse }) => {
    equal(await createResponse(bodyFrom([bytes("a"), bytes(""), bytes("b")]), OK).text(), "ab");
  },
};
