import { describe, expect, it } from "vitest";
import { createIdleTimer } from "../../../adapters/bun/idle-timer.ts";
import type { BodyWatcher, ByteStream, Bytes } from "../../../src/runtime.ts";

const IDLE = 75;
const NOBODY: BodyWatcher = { waiting() {}, chunk() {}, end() {} };

/** A stream of one chunk that ends when the test says so. */
function source() {
  let controller: ReadableStreamDefaultController<Bytes> | undefined;
  const stream: ByteStream = new ReadableStream<Bytes>({
    start(own) {
      controller = own;
      own.enqueue(new Uint8Array([1]));
    },
  });
  return { stream, close: () => controller?.close(), fail: () => controller?.error(new Error("cut")) };
}

function setup() {
  const timer = createIdleTimer();
  const set: number[] = [];
  const serve = (handle: () => Response | Promise<Response>) =>
    timer.serve((seconds) => set.push(seconds), IDLE, handle);
  return { set, serve, watch: (body: ByteStream, watcher = NOBODY) => timer.watchBody(body, watcher) };
}

describe("the idle timer of a connection", () => {
  it("is off while a handler works, and back with its answer", async () => {
    const { set, serve } = setup();
    const { streaming } = await serve(async () => {
      expect(set).toEqual([0]);
      await Promise.resolve();
      return new Response("ok");
    });
    expect([set, streaming]).toEqual([[0, IDLE], false]);
  });

  it("stays off while a stream runs, and is back before its end can be seen", async () => {
    const { set, serve, watch } = setup();
    const { stream, close } = source();
    const { response, streaming } = await serve(async () => {
      await Promise.resolve();
      return new Response(watch(stream).stream());
    });
    const reader = response.body?.getReader();
    await reader?.read();
    expect([set, streaming]).toEqual([[0], true]);
    close();
    await reader?.read();
    expect(set).toEqual([0, IDLE]);
  });

  it("stays off while an upload runs under an answer that is whole", async () => {
    const { set, serve, watch } = setup();
    const { stream, close } = source();
    let upload: ByteStream | undefined;
    await serve(() => {
      upload = watch(stream).stream();
      return new Response("early");
    });
    expect(set).toEqual([0]);
    close();
    await upload?.pipeTo(new WritableStream());
    expect(set).toEqual([0, IDLE]);
  });

  it("is back after a stream that broke, was cut or was left", async () => {
    for (const end of ["fail", "cut", "cancel"] as const) {
      const { set, serve, watch } = setup();
      const { stream, fail } = source();
      const body = await new Promise<ReturnType<typeof watch>>((resolve) => {
        void serve(() => {
          const watched = watch(stream);
          resolve(watched);
          return new Response(watched.stream());
        });
      });
      const reader = body.stream().getReader();
      await reader.read();
      if (end === "fail") fail();
      else if (end === "cut") body.cut(new Error("stall"));
      else await reader.cancel();
      if (end !== "cancel") await expect(reader.read()).rejects.toThrow();
      expect([end, set]).toEqual([end, [0, IDLE]]);
    }
  });

  it("is back after an exception", async () => {
    const { set, serve } = setup();
    await expect(serve(() => Promise.reject(new Error("x")))).rejects.toThrow("x");
    expect(set).toEqual([0, IDLE]);
  });

  it("leaves bodies outside of requests alone", async () => {
    const { watch, set } = setup();
    const ends: string[] = [];
    const { stream, close } = source();
    close();
    await watch(stream, { ...NOBODY, end: ({ type }) => ends.push(type) })
      .stream()
      .pipeTo(new WritableStream());
    expect([ends, set]).toEqual([["done"], []]);
  });
});

describe("a body on Bun", () => {
  it("shows an error only after a turn of the event loop, so that earlier chunks have left", async () => {
    const { watch } = setup();
    const { stream, fail } = source();
    const reader = watch(stream).stream().getReader();
    await reader.read();
    const order: string[] = [];
    const broken = reader.read().catch(() => order.push("error"));
    fail();
    setImmediate(() => order.push("turn"));
    await broken;
    expect(order).toEqual(["turn", "error"]);
  });
});
