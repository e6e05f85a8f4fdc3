/** Splits bytes into lines that end in LF, CR or CRLF, wherever the bytes are split. */

import type { Finding, Scan } from "./finding.ts";

const LF = 0x0a;
const CR = 0x0d;

/** U+FEFF is dropped at the beginning of the body alone, and there by hand. */
const KEEP_BOM = { ignoreBOM: true };
const BOM = "\ufeff";

const decoder = new TextDecoder("utf-8", KEEP_BOM);

/** Gives each line to `take` as soon as it ends, until that finds something; the last one need not end. */
export function createLines(take: (line: string) => Finding | undefined): Scan {
  /** The pieces of the line that has not ended yet. */
  let pieces: Uint8Array[] = [];
  let afterCr = false;
  let isFirst = true;

  function finish(piece: Uint8Array): Finding | undefined {
    const line = pieces.length === 0 ? decoder.decode(piece) : decodeAll([...pieces, piece]);
    pieces = [];
    const hasBom = isFirst && line.startsWith(BOM);
    isFirst = false;
    return take(hasBom ? line.slice(1) : line);
  }

  return {
    push(bytes) {
      let start = 0;
      for (let i = 0; i < bytes.length; i += 1) {
        const byte = bytes[i];
        const isSecondOfCrLf = byte === LF && afterCr;
        afterCr = byte === CR;
        if (isSecondOfCrLf) start = i + 1;
        else if (byte === LF || byte === CR) {
          const finding = finish(bytes.subarray(start, i));
          if (finding !== undefined) return finding;
          start = i + 1;
        }
      }
      // The chunk's memory is its reader's: what is kept of it is copied.
      if (start < bytes.length) pieces.push(bytes.slice(start));
      return undefined;
    },
    end: () => (pieces.length === 0 ? undefined : finish(new Uint8Array())),
  };
}

function decodeAll(pieces: readonly Uint8Array[]): string {
  const streaming = new TextDecoder("utf-8", KEEP_BOM);
  return pieces.map((piece) => streaming.decode(piece, { stream: true })).join("") + streaming.decode();
}
