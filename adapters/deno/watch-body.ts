import type { BodyWatcher, ByteStream, Bytes, WatchedBody } from "../../src/runtime.ts";
import { type BodyReader, watchBody as watch } from "../common/watch-body.ts";

/** Bytes that are read at once. */
const SIZE = 65_536;

/** Watches a body that is read into memory which is used again: Deno's own chunks are 64 KiB each, whatever is in them. */
export function watchBody(body: ByteStream, watcher: BodyWatcher): WatchedBody {
  return watch(body, watcher, { readerOf });
}

function readerOf(body: ByteStream): BodyReader {
  const reader = byobReader(body);
  if (reader === undefined) return body.getReader();
  let memory: Bytes = new Uint8Array(SIZE);

  /** A small chunk is copied out of the memory, a large one keeps it. */
  function take(value: Bytes): Bytes {
    const isSmall = value.byteLength <= SIZE / 4;
    memory = isSmall ? new Uint8Array(value.buffer) : new Uint8Array(SIZE);
    return isSmall ? value.slice() : value;
  }

  return {
    read: () =>
      reader.read(memory).then(({ done, value }) => {
        return done ? { done } : { done, value: take(value as Bytes) };
      }),
    cancel: (reason) => reader.cancel(reason),
  };
}

/** Only streams of bytes have one: those of Deno's fetch. */
function byobReader(body: ByteStream): ReadableStreamBYOBReader | undefined {
  try {
    return body.getReader({ mode: "byob" });
  } catch {
    return undefined;
  }
}
