import { NO_CODE } from "./close.ts";
import { applyMask, createFrameReader, type FrameHead, OPCODE } from "./frames.ts";

/** What passed in one direction of a WebSocket whose frames are passed on as they are. */
export interface Tally {
  push(bytes: Uint8Array): void;
  /** The code of a close, once that passed. */
  closeCode(): number | undefined;
  /** Whether all that passed is whole frames. */
  isBetween(): boolean;
}

/** A close's code is its first two bytes. */
const CODE_LENGTH = 2;

/** @param count gets the payload bytes of messages */
export function createTally(count: (bytes: number) => void): Tally {
  let head: FrameHead | undefined;
  let code: number[] = [];
  let closeCode: number | undefined;

  const reader = createFrameReader({
    head(next) {
      head = next;
      code = [];
    },
    payload(bytes) {
      if (head === undefined || head.opcode < OPCODE.close) count(bytes.byteLength);
      else if (head.opcode === OPCODE.close && code.length < CODE_LENGTH) code.push(...bytes.subarray(0, 2));
    },
    end() {
      if (head?.opcode === OPCODE.close) closeCode ??= codeOf(code, head.mask);
    },
  });

  return { push: reader.push, closeCode: () => closeCode, isBetween: reader.isBetween };
}

function codeOf(bytes: readonly number[], mask: Uint8Array | undefined): number {
  const code = new Uint8Array(bytes.slice(0, CODE_LENGTH));
  if (mask !== undefined) applyMask(code, mask);
  const [high, low] = code;
  return high === undefined || low === undefined ? NO_CODE : high * 256 + low;
}
