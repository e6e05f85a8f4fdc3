/** Most bytes that are kept of an unfinished line. */
const MAX_LINE = 16_384;
const LF = 10;
const CR = 13;
const CRLF = Buffer.from("\r\n");
const NOTHING = Buffer.alloc(0);

export interface ChunkMender {
  /** Returns the mended bytes: the same object where nothing was mended. */
  push(bytes: Buffer): Buffer;
  /** Whether the body has ended, or its framing can't be read: further bytes pass as they are. */
  readonly isOver: boolean;
}

/**
 * Mends the framing of a chunked body (RFC 9112 §7.1): drops spaces and extensions after a size, and trailers, and
 * makes line ends CRLF. Other faults stay, for the parser to refuse.
 */
export function createChunkMender(): ChunkMender {
  let state: "size" | "data" | "data end" | "trailers" = "size";
  let left = 0;
  let kept: Buffer | undefined;
  let isOver = false;

  function push(more: Buffer): Buffer {
    const bytes = kept === undefined ? more : Buffer.concat([kept, more]);
    kept = undefined;
    const mended: Buffer[] = [];
    /** Bytes before it are in `mended`. */
    let done = 0;
    let at = 0;

    function replace(from: number, to: number, by: Buffer): void {
      mended.push(bytes.subarray(done, from), by);
      done = to;
    }

    while (at < bytes.length && !isOver) {
      if (state === "data") {
        const size = Math.min(left, bytes.length - at);
        at += size;
        left -= size;
        if (left === 0) state = "data end";
        continue;
      }
      const end = bytes.indexOf(LF, at);
      if (end === -1) {
        // An endless line is left to the parser.
        if (bytes.length - at > MAX_LINE) isOver = true;
        else {
          kept = bytes.subarray(at);
          replace(at, bytes.length, NOTHING);
        }
        break;
      }
      const hasCr = end > at && bytes[end - 1] === CR;
      const text = hasCr ? end - 1 : end;
      if (state === "size") {
        const size = sizeOf(bytes, at, text);
        if (size === undefined) isOver = true;
        else {
          if (!hasCr || size.end < text) replace(size.end, end + 1, CRLF);
          left = size.value;
          state = left === 0 ? "trailers" : "data";
        }
      } else if (text > at) {
        if (state === "data end") isOver = true;
        else replace(at, end + 1, NOTHING);
      } else {
        if (!hasCr) replace(at, end + 1, CRLF);
        isOver = state === "trailers";
        state = "size";
      }
      at = end + 1;
    }
    if (mended.length === 0) return bytes;
    mended.push(bytes.subarray(done));
    return Buffer.concat(mended);
  }

  return {
    push,
    get isOver() {
      return isOver;
    },
  };
}

/** Most hexadecimal digits of a size: 52 bits, which a number holds exactly. */
const MAX_DIGITS = 13;

/** The size at the beginning of a line, and where its digits end; undefined where more than extensions follow it. */
function sizeOf(
  bytes: Buffer,
  from: number,
  to: number,
): { readonly value: number; readonly end: number } | undefined {
  let value = 0;
  let end = from;
  for (; end < to; end += 1) {
    const digit = hexOf(bytes[end] as number);
    if (digit === -1) break;
    value = value * 16 + digit;
  }
  if (end === from || end - from > MAX_DIGITS) return undefined;
  if (end < to && !/^[ \t]*(?:;[^\r]*)?$/.test(bytes.toString("latin1", end, to))) return undefined;
  return { value, end };
}

function hexOf(byte: number): number {
  if (byte >= 48 && byte <= 57) return byte - 48;
  const letter = byte | 0x20;
  return letter >= 97 && letter <= 102 ? letter - 87 : -1;
}
