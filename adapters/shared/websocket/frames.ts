/** Frames of WebSockets (RFC 6455 §5): read as their bytes come, and written. */

import type { Bytes } from "../../../src/runtime/runtime.ts";

export const OPCODE = { continuation: 0, text: 1, binary: 2, close: 8, ping: 9, pong: 10 } as const;

/** A frame's first bytes. */
export interface FrameHead {
  readonly opcode: number;
  /** Whether it is a message's last. */
  readonly fin: boolean;
  /** Whether an extension's bits are set. */
  readonly reserved: boolean;
  /** The key of a client's frame. */
  readonly mask: Bytes | undefined;
  /** Bytes of its payload. */
  readonly length: number;
}

/** Gets every frame, in order. */
export interface FrameListener {
  head(head: FrameHead): void;
  /** A part of the payload, as it came. */
  payload(bytes: Uint8Array): void;
  /** The frame is whole. */
  end(): void;
}

export interface FrameReader {
  push(bytes: Uint8Array): void;
  /** Whether all that came so far is whole frames. */
  isBetween(): boolean;
}

/** Longest head: 2 bytes, 8 of length, 4 of mask. */
const LONGEST_HEAD = 14;

export function createFrameReader(listener: FrameListener): FrameReader {
  const head = new Uint8Array(LONGEST_HEAD);
  let have = 0;
  let left = 0;

  return {
    push(bytes) {
      let at = 0;
      while (at < bytes.byteLength) {
        if (left === 0) {
          head[have] = bytes[at] as number;
          have += 1;
          at += 1;
          if (have < headLength(head, have)) continue;
          have = 0;
          const parsed = parseHead(head);
          left = parsed.length;
          listener.head(parsed);
        } else {
          const part = bytes.subarray(at, at + Math.min(left, bytes.byteLength - at));
          at += part.byteLength;
          left -= part.byteLength;
          listener.payload(part);
        }
        if (left === 0) listener.end();
      }
    },
    isBetween: () => have === 0 && left === 0,
  };
}

/** Bytes that the head has, as far as `have` of them say. */
function headLength(head: Bytes, have: number): number {
  if (have < 2) return 2;
  const second = head[1] as number;
  const size = second & 0x7f;
  return 2 + (size === 126 ? 2 : size === 127 ? 8 : 0) + (second & 0x80 ? 4 : 0);
}

function parseHead(head: Bytes): FrameHead {
  const [first = 0, second = 0] = head;
  const view = new DataView(head.buffer);
  const size = second & 0x7f;
  const length = size < 126 ? size : size === 126 ? view.getUint16(2) : Number(view.getBigUint64(2));
  const maskAt = size < 126 ? 2 : size === 126 ? 4 : 10;
  return {
    opcode: first & 0x0f,
    fin: (first & 0x80) !== 0,
    reserved: (first & 0x70) !== 0,
    mask: second & 0x80 ? head.slice(maskAt, maskAt + 4) : undefined,
    length,
  };
}

/** One whole frame. `mask`: as clients have to send it. */
export function encodeFrame(opcode: number, payload: Uint8Array, mask: boolean): Bytes {
  const { byteLength } = payload;
  const lengthBytes = byteLength < 126 ? 0 : byteLength < 65_536 ? 2 : 8;
  const start = 2 + lengthBytes + (mask ? 4 : 0);
  const frame = new Uint8Array(start + byteLength);
  const view = new DataView(frame.buffer);
  frame[0] = 0x80 | opcode;
  frame[1] = (mask ? 0x80 : 0) | (lengthBytes === 0 ? byteLength : lengthBytes === 2 ? 126 : 127);
  if (lengthBytes === 2) view.setUint16(2, byteLength);
  if (lengthBytes === 8) view.setBigUint64(2, BigInt(byteLength));
  frame.set(payload, start);
  if (mask) {
    const key = crypto.getRandomValues(frame.subarray(start - 4, start));
    applyMask(frame.subarray(start), key);
  }
  return frame;
}

/** Masks `bytes` in place, or takes the mask off. */
export function applyMask(bytes: Uint8Array, key: Uint8Array): void {
  for (let i = 0; i < bytes.byteLength; i += 1) bytes[i] = (bytes[i] as number) ^ (key[i & 3] as number);
}
