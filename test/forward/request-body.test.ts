import { describe, expect, it } from "vitest";
import { createBudget } from "../../src/base/budget.ts";
import { createDeadlines } from "../../src/base/deadlines.ts";
import { receiveBody } from "../../src/forward/request-body.ts";
import type { Bytes } from "../../src/runtime/runtime.ts";
import { createFakeClock, settle } from "../support/fake-clock.ts";
import { webRuntime } from "../support/web-runtime.ts";

const MiB = 1024 * 1024;
const KEPT = 8 * MiB;

function bench(bufferLimit = 1e9, runtime: Parameters<typeof receiveBody>[2]["runtime"] = webRuntime) {
  const clock = createFakeClock();
  const deadlines = createDeadlines(clock);
  const budget = createBudget(bufferLimit);
  const receive = (
    headers: Record<string, string>,
    body: ReadableStream<Bytes> | null,
    maxBodySize = 1e9,
  ) => {
    const request = { headers: new Headers(headers), body } as Request;
    return receiveBody(request, { maxBodySize, timeout: 1000 }, { deadlines, runtime, budget });
  };
  return { clock, deadlines, budget, receive };
}

/** A body of chunks of these sizes that then ends, breaks or goes on in silence. */
function body(sizes: readonly number[], ending: "close" | "error" | "hang" = "close"): ReadableStream<Bytes> {
  const left = [...sizes];
  return new ReadableStream<Bytes>(
    {
      pull(controller) {
        const size = left.shift();
        if (size !== undefined) return controller.enqueue(new Uint8Array(size));
        if (ending === "close") return controller.close();
        if (ending === "error") return controller.error(new Error("the client left"));
        return new Promise(() => {});
      },
    },
    { highWaterMark: 0 },
  );
}

describe("a request's body", () => {
  it("is none when there is none, or one of no bytes", async () => {
    const { receive } = bench();
    expect(await receive({}, null)).toMatchObject({ body: { type: "none" } });
    expect(await receive({ "content-length": "0" }, body([]))).toMatchObject({ body: { type: "none" } });
  });

  it("is kept up to 8 MiB, and counted as long as it is", async () => {
    const { receive, budget, deadlines, clock } = bench();
    const received = await receive({ "content-length": String(KEPT) }, body([KEPT]));
    if (received.type !== "body" || received.body.type !== "kept") throw new Error("not kept");
    expect(received.body.bytes.byteLength).toBe(KEPT);
    expect(received.bytesIn()).toBe(KEPT);
    expect(budget.used).toBe(KEPT);
    received.release();
    received.release();
    expect([budget.used, deadlines.size, clock.pending]).toEqual([0, 0, 0]);
  });

  it.each([
    ["is one byte larger by its length", { "content-length": String(KEPT + 1) }, KEPT + 1],
    ["turns out one byte larger", {}, undefined],
  ])("streams when it %s", async (_name, headers, length) => {
    const { receive, budget } = bench();
    const received = await receive(headers, body([KEPT, 1]));
    if (received.type !== "body" || received.body.type !== "stream") throw new Error("not streamed");
    expect(received.body.length).toBe(length);
    let progress = 0;
    received.body.onProgress(() => {
      progress += 1;
    });
    expect((await new Response(received.body.stream).arrayBuffer()).byteLength).toBe(KEPT + 1);
    expect(received.bytesIn()).toBe(KEPT + 1);
    expect(progress).toBe(length === undefined ? 0 : 2);
    expect(received.body.failure()).toBeUndefined();
    expect(budget.used).toBe(0);
  });

  it("does not believe a length beside a transfer coding", async () => {
    const { receive } = bench();
    const headers = { "content-length": "1", "transfer-encoding": "chunked" };
    expect(await receive(headers, body([5]))).toMatchObject({
      body: { type: "kept", bytes: { byteLength: 5 } },
    });
  });

  it("streams, with its length, when no memory is left for it", async () => {
    const { receive, budget } = bench(4);
    const received = await receive({ "content-length": "6" }, body([3, 3]));
    if (received.type !== "body" || received.body.type !== "stream") throw new Error("not streamed");
    expect(received.body.length).toBe(6);
    expect(budget.used).toBe(3);
    expect((await new Response(received.body.stream).arrayBuffer()).byteLength).toBe(6);
    expect(budget.used).toBe(0);
  });

  it("gives the memory back when the stream is never read, or cancelled", async () => {
    const { receive, budget } = bench(4);
    const unread = await receive({}, body([3, 3]));
    if (unread.type === "body") unread.release();
    expect(budget.used).toBe(0);
    const cancelled = await receive({}, body([3, 3]));
    if (cancelled.type === "body" && cancelled.body.type === "stream") await cancelled.body.stream.cancel();
    expect(budget.used).toBe(0);
  });

  it("may be as large as the limit and no larger", async () => {
    const { receive, budget } = bench();
    expect(await receive({ "content-length": "6" }, body([6]), 6)).toMatchObject({ type: "body" });
    expect(await receive({}, body([3, 3]), 6)).toMatchObject({ type: "body" });
    budget.release(budget.used);
    const tooLarge = { type: "failure", failure: { kind: "body_too_large", limit: 5 } };
    const unread = await receive({ "content-length": "6" }, body([6]), 5);
    expect(unread).toMatchObject(tooLarge);
    expect(unread.bytesIn()).toBe(0);
    expect(await receive({}, body([3, 3]), 5)).toMatchObject(tooLarge);
    expect(budget.used).toBe(0);
  });

  it("that breaks is the client's end, and leaves nothing behind", async () => {
    const { receive, budget, deadlines } = bench();
    const received = await receive({}, body([3], "error"));
    expect(received).toMatchObject({ type: "failure", failure: { kind: "client_closed" } });
    expect(received.bytesIn()).toBe(3);
    expect([budget.used, deadlines.size]).toEqual([0, 0]);
  });

  it("that breaks on its way upstream is the client's end too", async () => {
    const { receive } = bench(0);
    const received = await receive({}, body([3], "error"));
    if (received.type !== "body" || received.body.type !== "stream") throw new Error("not streamed");
    await expect(new Response(received.body.stream).arrayBuffer()).rejects.toThrow();
    expect(received.body.failure()).toEqual({ kind: "client_closed" });
  });

  it("may be silent for its timeout after every chunk, counted only while it is waited for", async () => {
    const { receive, clock, deadlines } = bench();
    const stream = body([3, 3], "hang");
    const received = await receive({ "content-length": String(KEPT + 1) }, stream);
    if (received.type !== "body" || received.body.type !== "stream") throw new Error("not streamed");
    await clock.advance(10_000);
    expect(deadlines.size).toBe(0);
    const reader = received.body.stream.getReader();
    for (let i = 0; i < 2; i += 1) {
      expect((await reader.read()).value?.byteLength).toBe(3);
      await clock.advance(10_000);
    }
    const last = reader.read();
    last.catch(() => {});
    await settle();
    await clock.advance(990);
    expect(received.body.failure()).toBeUndefined();
    await clock.advance(60);
    await expect(last).rejects.toThrow("request_timeout");
    expect(received.body.failure()).toEqual({ kind: "request_timeout" });
  });
});

describe("a small body that the runtime reads at once", () => {
  const withReading = (reading: Promise<Bytes>) => bench(100, { ...webRuntime, readAtOnce: () => reading });

  it("is kept, and its bytes are reserved until they are let go", async () => {
    const { budget, receive } = withReading(Promise.resolve(new Uint8Array(10)));
    const received = await receive({ "content-length": "10" }, body([]));
    expect(received.type === "body" && [received.body, received.bytesIn()]).toEqual([
      { type: "kept", bytes: new Uint8Array(10) },
      10,
    ]);
    expect(budget.used).toBe(10);
    if (received.type === "body") {
      received.release();
      received.release();
    }
    expect(budget.used).toBe(0);
  });

  it("is read as a stream where its length isn't declared, is larger, or goes over the budget", async () => {
    const refused = Promise.reject<Bytes>(new Error("not asked for"));
    refused.catch(() => undefined);
    for (const [length, sizes] of [
      [undefined, [10]],
      ["65537", [65_537]],
      ["101", [101]],
    ] as const) {
      const { receive } = withReading(refused);
      const received = await receive(length === undefined ? {} : { "content-length": length }, body(sizes));
      expect(received.type).toBe("body");
    }
  });

  it("may be four times as long as a silence, and then is 408", async () => {
    const { clock, budget, deadlines, receive } = withReading(new Promise(() => {}));
    let received: Awaited<ReturnType<typeof receive>> | undefined;
    void receive({ "content-length": "10" }, body([])).then((result) => {
      received = result;
    });
    await clock.advance(3_900);
    expect(received).toBeUndefined();
    await clock.advance(200);
    expect(received).toMatchObject({ type: "failure", failure: { kind: "request_timeout" } });
    expect([budget.used, deadlines.size]).toEqual([0, 0]);
  });

  it("fails as the client's fault when it breaks", async () => {
    const { budget, deadlines, receive } = withReading(Promise.reject(new Error("gone")));
    const received = await receive({ "content-length": "10" }, body([]));
    expect(received).toMatchObject({ type: "failure", failure: { kind: "client_closed" } });
    expect([budget.used, deadlines.size]).toEqual([0, 0]);
  });
});
