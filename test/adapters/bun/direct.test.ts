import { setImmediate as turn } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import { createDirect, type DirectClient } from "../../../adapters/bun/direct.ts";
import { bytes, feed, text } from "./reads.ts";

/** A client that notes what it gets; `slow` makes each write a promise. */
function createClient(slow = false) {
  const got: string[] = [];
  const drains: (() => void)[] = [];
  const client: DirectClient = {
    write(chunk) {
      got.push(text(chunk));
      return slow ? new Promise((resolve) => drains.push(() => resolve(chunk.byteLength))) : chunk.byteLength;
    },
    close: (error) => void got.push(error === undefined ? "end" : error.message),
  };
  return { client, got, drain: () => drains.shift()?.() };
}

function setup(slow = false) {
  const fed = feed();
  const direct = createDirect(fed.reads);
  const { client, got, drain } = createClient(slow);
  direct.onEnd(() => got.push("over"));
  return { ...fed, direct, client, got, drain };
}

describe("an answer that is written directly", () => {
  it("gives each chunk on as it comes, and its end after all who wait for that", async () => {
    const { direct, client, got, push, close } = setup();
    direct.source.pull(client);
    push("a");
    await turn();
    expect(got).toEqual(["a"]);
    push("b");
    close();
    await turn();
    expect(got).toEqual(["a", "b", "over", "end"]);
  });

  it("begins with what was put back", async () => {
    const { watched, direct, client, got, push, close } = setup();
    const released: string[] = [];
    watched.unread({ bytes: bytes("head"), release: () => released.push("head") });
    push("a");
    close();
    direct.source.pull(client);
    await turn();
    expect([got, released]).toEqual([["head", "a", "over", "end"], ["head"]]);
  });

  it("goes on with a read that was put back", async () => {
    const { watched, direct, client, got, push, close } = setup();
    watched.unread({ bytes: bytes("head"), pending: watched.read(), release() {} });
    direct.source.pull(client);
    push("a", "b");
    close();
    await turn();
    expect(got).toEqual(["head", "a", "b", "over", "end"]);
  });

  it("asks for nothing while its client is slower", async () => {
    const { direct, client, got, drain, push } = setup(true);
    direct.source.pull(client);
    push("a", "b");
    await turn();
    expect(got).toEqual(["a"]);
    drain();
    await turn();
    expect(got).toEqual(["a", "b"]);
  });

  it("shows an error only after a turn of the event loop, so that earlier chunks have left", async () => {
    const { direct, client, got, push, fail } = setup();
    direct.source.pull(client);
    push("a");
    await Promise.resolve();
    setImmediate(() => got.push("turn"));
    fail(new Error("cut"));
    await turn();
    await turn();
    expect(got.filter((one) => one !== "a")).toEqual(["over", "turn", "cut"]);
  });

  it("that is cut is seen to be, also while its client takes nothing", async () => {
    for (const slow of [false, true]) {
      const { watched, direct, client, got, push } = setup(slow);
      direct.source.pull(client);
      push("a");
      await turn();
      watched.cut(new Error("write_timeout"));
      // What the watched body does with its outlet.
      direct.fail(new Error("write_timeout"));
      await turn();
      expect(got).toEqual(["a", "over", "write_timeout"]);
    }
  });

  it("that was cut before it is pulled breaks then", async () => {
    const { watched, direct, client, got } = setup();
    watched.cut(new Error("cut"));
    direct.fail(new Error("cut"));
    expect(got).toEqual([]);
    direct.source.pull(client);
    await turn();
    expect(got).toEqual(["over", "cut"]);
  });

  it("that its client leaves is cancelled at its source, and writes nothing more", async () => {
    const { direct, client, got, ends, cancelled, push } = setup();
    direct.source.pull(client);
    push("a");
    await turn();
    await direct.source.cancel("gone");
    await direct.source.cancel("again");
    direct.fail(new Error("late"));
    await turn();
    expect([got, ends, cancelled]).toEqual([["a", "over"], ["cancelled"], ["gone"]]);
  });

  it("tells at once of an end that has come", async () => {
    const { direct, client, close } = setup();
    direct.source.pull(client);
    close();
    await turn();
    const told: string[] = [];
    direct.onEnd(() => told.push("over"));
    expect(told).toEqual(["over"]);
  });
});
