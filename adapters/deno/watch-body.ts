import type { BodyWatcher, ByteStream, Bytes, WatchedBody } from "../../src/runtime/runtime.ts";
import { isLight } from "../shared/light/body.ts";
import { watchBody as watchLight } from "../shared/light/watch-body.ts";
import { type BodyReader, watchBody as watch } from "../shared/web/watch-body.ts";
import { byobReader } from "./byob.ts";

/** Bytes that are read at once: few at first, as most answers and events are small, and more where they come in plenty. */
const SMALLEST = 2_048;
const LARGEST = 65_536;

/**
 * Watches an answer's body as Node's adapter does. A request's is read into memory which is used again: Deno's own chunks
 * are 64 KiB each, whatever is in them.
 */
export function watchBody(body: ByteStream, watcher: BodyWatcher): WatchedBody {
  if (isLight(body)) return watchLight(body, watcher);
  const reader = readerOf(body);
  return watch(body, watcher, reader === undefined ? {} : { readerOf: () => reader });
}

function readerOf(body: ByteStream): BodyReader | undefined {
  const reader = byobReader(body);
  if (reader === undefined) return undefined;
  let memory: Bytes = new Uint8Array(SMALLEST);

  /** A small chunk is copied out of the memory, a large one keeps it. */
  function take(value: Bytes): Bytes {
    const size = value.buffer.byteLength;
    if (value.byteLength <= size / 4) {
      memory = new Uint8Array(value.buffer);
      return value.slice();
    }
    memory = new Uint8Array(value.byteLength < size ? size : Math.min(LARGEST, size * 4));
    return value;
  }

  return {
    createAsk(give, fail) {
      const onResult = ({ done, value }: ReadableStreamReadResult<Uint8Array>): void =>
        give(done ? undefined : take(value as Bytes));
      return () => void reader.read(memory).then(onResult as (result: unknown) => void, fail);
    },
    cancel: (reason) => reader.cancel(reason),
  };
}
