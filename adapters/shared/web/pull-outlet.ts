import type { Bytes } from "../../../src/runtime/runtime.ts";
import type { Outlet, OutletReads } from "./outlet.ts";

/**
 * The bytes as a stream of the standard's, read when its consumer asks.
 *
 * @param beforeError what the consumer needs to have done with earlier chunks before it sees an error
 */
export function pullOutlet(
  { next, takeUnread, leave }: OutletReads,
  beforeError?: () => Promise<void>,
): Outlet {
  let own: ReadableStreamDefaultController<Bytes>;
  let pending: Promise<Bytes | undefined> | undefined;
  let isAsking = false;
  let isCancelled = false;

  function take(chunk: Bytes | undefined): void {
    isAsking = false;
    if (isCancelled) return;
    if (chunk === undefined) own.close();
    else own.enqueue(chunk);
  }

  function fail(error: unknown): void {
    isAsking = false;
    if (beforeError === undefined) own.error(error);
    else void beforeError().then(() => own.error(error));
  }

  const stream = new ReadableStream<Bytes>(
    {
      start(controller) {
        own = controller;
      },
      // Without a promise: the next pull comes with the next read, and not before the chunk that this one asked for.
      pull(controller) {
        if (isAsking) return;
        const head = takeUnread();
        pending ??= head?.pending;
        if (head !== undefined && head.bytes.byteLength > 0) {
          controller.enqueue(head.bytes);
          return;
        }
        isAsking = true;
        if (pending === undefined) next(take, fail);
        else pending.then(take, fail);
        pending = undefined;
      },
      cancel(reason) {
        isCancelled = true;
        return leave(reason);
      },
    },
    { highWaterMark: 0 },
  );
  return { stream, fail };
}
