import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Finding } from "../../../src/llm/first-content/finding.ts";
import { createScanner, type Scanner } from "../../../src/llm/first-content/scanner.ts";
import { FIXTURES, type Fixture } from "./fixtures.ts";

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

function scannerOf(type: string): Scanner {
  const scanner = createScanner(type);
  if (scanner === undefined) throw new Error(`no scanner for ${type}`);
  return scanner;
}

/** What is found in these pieces, and after how many bytes. */
function scan(
  type: string,
  pieces: readonly Uint8Array[],
): { readonly finding: Finding | undefined; readonly at: number } {
  const scanner = scannerOf(type);
  let at = 0;
  for (const piece of pieces) {
    at += piece.length;
    const finding = scanner.push(piece);
    if (finding !== undefined) return { finding, at };
  }
  return { finding: scanner.end(), at };
}

function split(whole: Uint8Array, places: readonly number[]): readonly Uint8Array[] {
  const cuts = [0, ...[...places].sort((a, b) => a - b), whole.length];
  return cuts.slice(1).map((end, i) => whole.subarray(cuts[i], end));
}

/** Where the deciding event ends: a CRLF at its CR. */
function decidedAt({ before, after, finding }: Fixture): number {
  if (finding === undefined) return bytes(before + after).length;
  return bytes(before).length - (before.endsWith("\r\n") ? 1 : 0);
}

describe.each(FIXTURES)("$name", (fixture) => {
  const { type, before, after, finding } = fixture;
  const whole = bytes(before + after);

  it("is found at the byte at which it ends, byte by byte", () => {
    const pieces = split(
      whole,
      Array.from({ length: whole.length - 1 }, (_, i) => i + 1),
    );
    expect(scan(type, pieces)).toEqual({ finding, at: decidedAt(fixture) });
  });

  it("is found wherever it is split", () => {
    for (let place = 0; place <= whole.length; place += 1) {
      expect(scan(type, split(whole, [place])).finding).toEqual(finding);
    }
    const places = fc.array(fc.nat(whole.length), { maxLength: 12 });
    fc.assert(
      fc.property(places, (cuts) => {
        expect(scan(type, split(whole, cuts)).finding).toEqual(finding);
      }),
      {
        numRuns: 20,
      },
    );
  });
});

describe("a scanner", () => {
  it.each([
    ["text/event-stream", true],
    ["Text/Event-Stream;charset=utf-8", true],
    ["application/x-ndjson", true],
    ["application/json; charset=utf-8", false],
  ])("looks into %s", (type, streaming) => {
    expect(createScanner(type)?.streaming).toBe(streaming);
  });

  it.each([null, "", "audio/mpeg", "text/plain", "application/octet-stream"])(
    "does not look into %s",
    (type) => {
      expect(createScanner(type)).toBeUndefined();
    },
  );

  it("lets a stream through that says nothing for 64 KiB", () => {
    const scanner = scannerOf("text/event-stream");
    const comment = bytes(`: ${"x".repeat(1021)}\n`);
    const findings = Array.from({ length: 64 }, () => scanner.push(comment));
    expect(findings.filter((finding) => finding !== undefined)).toEqual([{ type: "content", known: false }]);
    expect(findings.at(-1)).toBeDefined();
  });

  it("lets an event through that does not end in 64 KiB", () => {
    const scanner = scannerOf("text/event-stream");
    expect(scanner.push(bytes("data: "))).toBeUndefined();
    expect(scanner.push(new Uint8Array(65_530).fill(0x61))).toEqual({ type: "content", known: false });
  });

  it("judges a last event that has no end", () => {
    const scanner = scannerOf("text/event-stream");
    expect(scanner.push(bytes('data: {"error":{"type":"overloaded_error"}}'))).toBeUndefined();
    expect(scanner.end()).toEqual({ type: "error", status: 529, meaning: "overloaded" });
  });

  it("never throws, whatever comes", () => {
    const types = fc.constantFrom("text/event-stream", "application/x-ndjson", "application/json");
    const texts = fc.string({ unit: "binary", maxLength: 200 }).map((text) => bytes(`data: ${text}\n\n`));
    const soup = fc.oneof(fc.uint8Array({ maxLength: 200 }), texts, fc.json().map(bytes));
    fc.assert(
      fc.property(types, fc.array(soup, { maxLength: 5 }), (type, pieces) => {
        scan(type, pieces);
      }),
      { numRuns: 2000 },
    );
  });
});

describe("a byte order mark", () => {
  // Found by fuzzing: it was dropped at the beginning of every line, which made a field of one that is none.
  it("is dropped at the beginning of a stream and nowhere else", () => {
    const first = bytes('\ufeffdata: {"error":{"code":429}}\n\n');
    const later = bytes('\n\ufeffdata: x\n\ndata: {"error":{"code":429}}\n\n');
    const error: Finding = { type: "error", status: 429, meaning: undefined };
    for (const whole of [first, later]) {
      for (let place = 0; place <= whole.length; place += 1) {
        expect(scan("text/event-stream", split(whole, [place])).finding).toEqual(error);
      }
    }
  });
});
