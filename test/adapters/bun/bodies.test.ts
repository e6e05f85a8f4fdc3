import { describe, expect, it } from "vitest";
import { createBodies } from "../../../adapters/bun/bodies.ts";
import type { BodyWatcher, ByteStream, Bytes, HeaderPair } from "../../../src/runtime/runtime.ts";
import { bytes } from "./reads.ts";

const NOBODY: BodyWatcher = { waiting() {}, chunk() {}, end() {} };
const TYPE: HeaderPair = ["content-type", "text/plain"];

function body(...parts: readonly string[]): ByteStream {
  const left = [...parts];
  return new ReadableStream<Bytes>(
    {
      pull(controller) {
        const part = left.shift();
        if (part === undefined) controller.close();
        else controller.enqueue(bytes(part));
      },
    },
    { highWaterMark: 0 },
  );
}

/** A hold that counts. */
function createHold() {
  const hold = {
    open: 1,
    extend() {
      hold.open += 1;
    },
    release() {
      hold.open -= 1;
    },
  };
  return hold;
}

describe("an answer for Bun", () => {
  it("of a stream that comes in one piece keeps its fields, status and bytes", async () => {
    const { watchBody, createResponse, toSend } = createBodies();
    const hold = createHold();
    const given = createResponse(watchBody(body("hello"), NOBODY).stream(), {
      status: 201,
      statusText: "Made",
      headers: [TYPE, ["content-length", "5"], ["x-a", "1"]],
    });
    const answer = await toSend(given, hold);
    expect([answer.status, answer.statusText, answer.headers.get("x-a")]).toEqual([201, "Made", "1"]);
    expect([await answer.text(), hold.open]).toEqual(["hello", 1]);
  });

  it("of bytes with a type, of nothing, or of another's making is left as it is", () => {
    const { createResponse, toSend } = createBodies();
    const head = { status: 200, statusText: "", headers: [TYPE] };
    for (const given of [
      createResponse(bytes("hello"), head),
      createResponse(null, { ...head, status: 204 }),
      new Response(body("hello")),
    ]) {
      expect(toSend(given, createHold())).toBe(given);
    }
  });

  it("of bytes without a type is a stream, since Bun would invent one", async () => {
    const { createResponse } = createBodies();
    const answer = createResponse(bytes("hello"), { status: 200, statusText: "", headers: [] });
    expect([answer.headers.get("content-type"), await answer.text()]).toEqual([null, "hello"]);
  });
});

describe("the body of a request that may go on under its answer", () => {
  it("extends a hold for as long as it is watched", async () => {
    const { watchBody, holdFor } = createBodies();
    const hold = createHold();
    const upload = body("a", "b");
    const told: string[] = [];
    holdFor(upload, hold);
    expect(hold.open).toBe(1);
    const watched = watchBody(upload, {
      waiting: () => told.push("waiting"),
      chunk: () => told.push("chunk"),
      end: ({ type }) => told.push(`${type} ${hold.open}`),
    });
    expect(hold.open).toBe(2);
    await watched.stream().pipeTo(new WritableStream());
    expect(told).toEqual(["waiting", "chunk", "waiting", "chunk", "waiting", "done 1"]);
  });
});
