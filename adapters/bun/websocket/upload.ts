import type { ByteStream, Bytes } from "../../../src/runtime/runtime.ts";

/** Bytes that are written, as a body that Bun's fetch reads as fast as the upstream takes it. */
export interface WrittenBody {
  readonly stream: ByteStream;
  write(bytes: Bytes): void;
  /** Bytes that were written and not read. */
  waiting(): number;
  /** Ends it after what was written. */
  end(): void;
}

export function createWrittenBody(): WrittenBody {
  const chunks: Bytes[] = [];
  let waiting = 0;
  let isAsked = false;
  let isEnding = false;
  let isOver = false;
  let controller: ReadableStreamDefaultController<Bytes> | undefined;

  function feed(): void {
    if (!isAsked || isOver) return;
    const chunk = chunks.shift();
    if (chunk !== undefined) {
      isAsked = false;
      waiting -= chunk.byteLength;
      controller?.enqueue(chunk);
    } else if (isEnding) {
      isOver = true;
      controller?.close();
    }
  }

  const stream = new ReadableStream<Bytes>(
    {
      pull(own) {
        controller = own;
        isAsked = true;
        feed();
      },
      cancel() {
        isOver = true;
        chunks.length = 0;
      },
    },
    { highWaterMark: 0 },
  );

  return {
    stream,
    write(bytes) {
      if (isOver || isEnding) return;
      chunks.push(bytes);
      waiting += bytes.byteLength;
      feed();
    },
    waiting: () => waiting,
    end() {
      isEnding = true;
      feed();
    },
  };
}
