import { describe, expect, it } from "vitest";
import { forBun } from "../../../adapters/bun/answer.ts";
import type { ByteStream, Bytes } from "../../../src/runtime.ts";

const TYPE = { "content-type": "text/plain" };
const bytes = (text: string): Bytes => new TextEncoder().encode(text);

/** A stream of these chunks; an error breaks it. Counts how often it was cancelled. */
function body(...parts: readonly (string | Error)[]) {
  const left = [...parts];
  let cancelled = 0;
  const stream: ByteStream = new ReadableStream<Bytes>(
    {
      pull(controller) {
        const part = left.shift();
        if (part === undefined) controller.close();
        else if (part instanceof Error) controller.error(part);
        else controller.enqueue(bytes(part));
      },
      cancel() {
        cancelled += 1;
      },
    },
    { highWaterMark: 0 },
  );
  return { stream, cancelled: () => cancelled };
}

/** The chunks of its body, as text. */
async function chunksOf(response: Response): Promise<string[]> {
  const chunks: string[] = [];
  for await (const chunk of response.body ?? []) chunks.push(new TextDecoder().decode(chunk));
  return chunks;
}

describe("an answer for Bun", () => {
  it("that comes in one piece keeps its fields, status and bytes", async () => {
    const headers = { ...TYPE, "content-length": "5", "x-a": "1" };
    const given = new Response(body("hello").stream, { status: 201, statusText: "Made", headers });
    const answer = await forBun(given, true);
    expect([answer.status, answer.statusText, answer.headers.get("x-a")]).toEqual([201, "Made", "1"]);
    expect(await answer.text()).toBe("hello");
  });

  it("that comes in pieces is given on piece by piece", async () => {
    const given = new Response(body("hel", "lo").stream, { headers: { ...TYPE, "content-length": "5" } });
    expect(await chunksOf(await forBun(given, true))).toEqual(["hel", "lo"]);
  });

  it("that has more than its length shows it", async () => {
    const given = new Response(body("hello", "!").stream, { headers: { ...TYPE, "content-length": "5" } });
    expect(await chunksOf(await forBun(given, true))).toEqual(["hello", "!"]);
  });

  it.each([
    ["at once", [new Error("cut")], []],
    ["after a part", ["hel", new Error("cut")], ["hel"]],
    ["after all its bytes", ["hello", new Error("cut")], ["hello"]],
  ])("that breaks %s gives what came and breaks", async (_, parts, seen) => {
    const given = new Response(body(...parts).stream, { headers: { ...TYPE, "content-length": "5" } });
    const reader = (await forBun(given, true)).body?.getReader();
    for (const text of seen) expect((await reader?.read())?.value).toEqual(bytes(text));
    await expect(reader?.read()).rejects.toThrow("cut");
  });

  it("that its client leaves is cancelled at its source", async () => {
    const { stream, cancelled } = body("hel", "lo");
    const given = new Response(stream, { headers: { ...TYPE, "content-length": "5" } });
    await (await forBun(given, true)).body?.cancel();
    expect(cancelled()).toBe(1);
  });

  it("is left as it is where it is a stream without a length, or bytes with a type, or nothing", () => {
    const stream = new Response(body("hello").stream, { headers: TYPE });
    expect(forBun(stream, true)).toBe(stream);
    const text = new Response("hello", { headers: { ...TYPE, "content-length": "5" } });
    expect(forBun(text, false)).toBe(text);
    const none = new Response(null, { status: 204 });
    expect(forBun(none, false)).toBe(none);
  });

  it("is made a stream where it is bytes without a type, for which Bun would invent one", async () => {
    const given = new Response(bytes("hello"));
    const answer = await forBun(given, false);
    expect(answer).not.toBe(given);
    expect(await answer.text()).toBe("hello");
  });
});
