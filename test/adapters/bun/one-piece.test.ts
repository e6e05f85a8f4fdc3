import { describe, expect, it } from "vitest";
import { inOnePiece, type Piece } from "../../../adapters/bun/one-piece.ts";
import type { OutletReads } from "../../../adapters/shared/web/outlet.ts";
import { bytes, feed, text } from "./reads.ts";

/** The chunks of what there is to read, as texts, and how it ends. */
async function readAll({ next, takeUnread }: OutletReads): Promise<string[]> {
  const told: string[] = [];
  const head = takeUnread();
  if (head !== undefined) told.push(text(head.bytes));
  let pending = head?.pending;
  try {
    for (;;) {
      const chunk = await (pending ?? new Promise(next));
      pending = undefined;
      if (chunk === undefined) return [...told, "end"];
      told.push(text(chunk as Uint8Array<ArrayBuffer>));
    }
  } catch (error) {
    return [...told, String(error)];
  }
}

async function told(piece: Piece): Promise<string | string[]> {
  return piece.type === "whole" ? text(piece.bytes) : readAll(piece.rest);
}

describe("a body in one piece", () => {
  it("is its bytes", async () => {
    const { reads, push, close } = feed();
    push("hello");
    close();
    expect(await told(await inOnePiece(reads, 5))).toBe("hello");
  });

  it("is found also where its bytes were read before and put back", async () => {
    const { watched, reads, push, close } = feed();
    push("hello");
    const head = await watched.read();
    watched.unread({ bytes: head ?? bytes(""), release() {} });
    close();
    expect(await told(await inOnePiece(reads, 5))).toBe("hello");
  });

  it("is found also where its one read was put back while it was awaited", async () => {
    const { watched, reads, push, close } = feed();
    watched.unread({ bytes: bytes(""), pending: watched.read(), release() {} });
    push("hello");
    close();
    expect(await told(await inOnePiece(reads, 5))).toBe("hello");
  });
});

describe("a body that is in no one piece loses nothing", () => {
  it.each<[string, string[], string[]]>([
    ["comes in pieces", ["hel", "lo"], ["hel", "lo", "end"]],
    ["has more than its length", ["hello", "!"], ["hello", "!", "end"]],
    ["has nothing", [], ["", "end"]],
  ])("when it %s", async (_, parts, seen) => {
    const { reads, push, close } = feed();
    push(...parts);
    close();
    expect(await told(await inOnePiece(reads, 5))).toEqual(seen);
  });

  it.each<[string, string[]]>([
    ["at once", []],
    ["after a part", ["hel"]],
    ["after all of its bytes", ["hello"]],
  ])("and breaks where it broke: %s", async (_, parts) => {
    const { reads, push, fail } = feed();
    push(...parts);
    const piece = inOnePiece(reads, 5);
    await Promise.resolve();
    setImmediate(() => fail(new Error("cut")));
    expect(await told(await piece)).toEqual([...(parts.length === 0 ? [""] : parts), "Error: cut"]);
  });
});
