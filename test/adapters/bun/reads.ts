import type { OutletReads } from "../../../adapters/shared/web/outlet.ts";
import { watchBody } from "../../../adapters/shared/web/watch-body.ts";
import type { BodyEnd, ByteStream, Bytes, WatchedBody } from "../../../src/runtime/runtime.ts";

export const bytes = (text: string): Bytes => new TextEncoder().encode(text);
export const text = (chunk: Bytes | undefined): string => new TextDecoder().decode(chunk);

/** A watched body that is fed by hand, and what reads it. */
export interface Fed {
  readonly watched: WatchedBody;
  readonly reads: OutletReads;
  readonly ends: readonly BodyEnd["type"][];
  /** Reasons for which the source was cancelled. */
  readonly cancelled: readonly unknown[];
  push(...texts: string[]): void;
  close(): void;
  fail(error: Error): void;
}

export function feed(): Fed {
  const ends: BodyEnd["type"][] = [];
  const cancelled: unknown[] = [];
  let source: ReadableStreamDefaultController<Bytes> | undefined;
  let reads: OutletReads | undefined;
  const body: ByteStream = new ReadableStream<Bytes>(
    {
      start(controller) {
        source = controller;
      },
      cancel: (reason) => void cancelled.push(reason),
    },
    { highWaterMark: 0 },
  );
  const watched = watchBody(
    body,
    { waiting() {}, chunk() {}, end: ({ type }) => ends.push(type) },
    {
      createOutlet(own) {
        reads = own;
        return { stream: new ReadableStream<Bytes>(), fail() {} };
      },
    },
  );
  watched.stream();
  if (reads === undefined) throw new Error("no outlet was created");
  return {
    watched,
    reads,
    ends,
    cancelled,
    push(...texts) {
      for (const one of texts) source?.enqueue(bytes(one));
    },
    close: () => source?.close(),
    fail: (error) => source?.error(error),
  };
}
