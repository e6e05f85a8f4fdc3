import type { Bytes, UnreadBytes } from "../../src/runtime/runtime.ts";
import type { OutletReads } from "../shared/web/outlet.ts";

/** A body that came in one piece, or what there is to read of it. */
export type Piece =
  | { readonly type: "whole"; readonly bytes: Bytes }
  | { readonly type: "rest"; readonly rest: OutletReads };

/**
 * Reads a body that may come in one piece. Bun sends every stream in chunks and drops content-length; bytes it sends with
 * their length. Nothing is held back by that: no head leaves before the first byte of its body.
 *
 * @param length of all of it, in bytes
 */
export async function inOnePiece(reads: OutletReads, length: number): Promise<Piece> {
  const head = reads.takeUnread();
  let first = head?.bytes;
  let pending = head?.pending;
  if (first === undefined || first.byteLength === 0) {
    const asked = pending ?? read(reads);
    pending = undefined;
    first = await asked.catch(() => undefined);
    if (first === undefined) return rest(reads, NOTHING, asked);
  }
  if (first.byteLength !== length) return rest(reads, first, pending);
  const asked = pending ?? read(reads);
  const isWhole = await asked.then(
    (next) => next === undefined,
    () => false,
  );
  return isWhole ? { type: "whole", bytes: first } : rest(reads, first, asked);
}

const NOTHING: Bytes = new Uint8Array();

function read({ next }: OutletReads): Promise<Bytes | undefined> {
  return new Promise(next);
}

/** What was read is put back. */
function rest(reads: OutletReads, bytes: Bytes, pending: Promise<Bytes | undefined> | undefined): Piece {
  let unread: UnreadBytes | undefined = { bytes, pending, release() {} };
  return {
    type: "rest",
    rest: {
      next: reads.next,
      leave: reads.leave,
      takeUnread() {
        const taken = unread;
        unread = undefined;
        return taken;
      },
    },
  };
}
