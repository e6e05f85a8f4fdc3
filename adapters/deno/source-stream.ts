import type { ByteStream, Bytes } from "../../src/runtime/runtime.ts";
import type { Sink, Source } from "../shared/light/source.ts";

/** A source as a stream of Deno's own, which asks it only when its consumer asks. */
export function streamOf(source: Source): ByteStream {
  let own: ReadableStreamDefaultController<Bytes>;
  let isPiped = false;
  let isWaitedFor = false;
  /** The stream holds a chunk that has not been read. */
  let isPaused = false;
  let failure: { readonly error: unknown } | undefined;

  /** Later, so that what was written is on its way: over HTTP/2 an error overtakes it, and the answer's head too. */
  function breakOff(error: unknown): void {
    setTimeout(() => own.error(error));
  }

  const sink: Sink = {
    write(chunk) {
      isPaused = !isWaitedFor;
      isWaitedFor = false;
      own.enqueue(chunk);
      if (chunk.byteLength >= LARGE) weigh(chunk);
      return !isPaused;
    },
    end: () => own.close(),
    fail(error) {
      // An error drops what is in the stream.
      if (isPaused) failure = { error };
      else breakOff(error);
    },
  };

  return new ReadableStream<Bytes>(
    {
      start(controller) {
        own = controller;
      },
      pull() {
        isWaitedFor = true;
        if (!isPiped) {
          isPiped = true;
          source.pipe(sink);
        } else if (failure !== undefined) {
          breakOff(failure.error);
          failure = undefined;
        } else if (isPaused) {
          isPaused = false;
          source.resume();
        }
      },
      cancel: (reason) => source.cancel(reason),
    },
    { highWaterMark: 0 },
  );
}

/** Bytes from which on a chunk is weighed. */
const LARGE = 16_384;

/**
 * Lets V8 see how much memory a chunk takes. It collects young objects when their own memory is full, and in that a
 * chunk has a hundred bytes, whatever is in it: up to 64 MiB of chunks that are gone would wait.
 */
function weigh({ byteLength }: Bytes): void {
  new Array(byteLength >> 4).fill(0);
}
