/** Bytes that may wait for a reader of standard output; lines past it are dropped. */
const MAX_PENDING = 1_048_576;
/** How soon a full non-blocking pipe is tried again. */
const RETRY_MS = 20;
/**
 * Lines of so many milliseconds go out together: a write, which wakes two threads, costs as much as the rest of ten lines,
 * and at 200 lines a second it would still be one for each within 5 ms.
 */
const GATHER_MS = 20;
/** {@link Output.flush} stops waiting for a reader that takes nothing for this long. */
const PATIENCE_MS = 1_000;

const NEWLINE = 10;

/** Lines on their way to a file descriptor. */
export interface Output {
  write(line: string): void;
  /** Resolves once all lines are written or dropped, or their reader has taken nothing for a second. */
  flush(): Promise<void>;
  /** Lines dropped so far, because their reader was too slow or is gone. */
  readonly dropped: number;
}

/** Writes some of `bytes` (at least one), never on the thread of the event loop, and calls `done` once. */
export type Write = (
  bytes: Buffer,
  done: (error: { readonly code?: string | undefined } | null, written: number) => void,
) => void;

/**
 * Writes lines, one write at a time, what gathers meanwhile going out together. Not by `process.stdout`, which blocks the
 * event loop while a pipe's reader sleeps.
 */
export function createOutput(writeBytes: Write): Output {
  let waiting: string[] = [];
  let pending = 0;
  let dropped = 0;
  /** A write is under way, or set for the time when its lines are gathered. */
  let writing = false;
  let gathering: ReturnType<typeof setTimeout> | undefined;
  let gone = false;
  let flushed: (() => void)[] = [];

  function next(): void {
    gathering = undefined;
    if (waiting.length === 0) {
      writing = false;
      endFlushes();
      return;
    }
    writing = true;
    const bytes = Buffer.from(waiting.join(""));
    waiting = [];
    send(bytes);
  }

  function send(bytes: Buffer): void {
    writeBytes(bytes, (error, written) => {
      if (error?.code === "EAGAIN") {
        setTimeout(send, RETRY_MS, bytes);
      } else if (error !== null) {
        // There is no place to report it. A reader that is gone stays gone, a full disk may be emptied.
        gone = error.code === "EPIPE";
        dropped += waiting.length + linesIn(bytes);
        waiting = [];
        pending = 0;
        next();
      } else {
        pending -= written;
        if (written < bytes.byteLength) send(bytes.subarray(written));
        else next();
      }
    });
  }

  function endFlushes(): void {
    for (const resolve of flushed) resolve();
    flushed = [];
  }

  /** Ends flushes once the reader takes nothing. */
  function watchReader(): void {
    let left = pending;
    const looks = setInterval(() => {
      if (pending === left) endFlushes();
      left = pending;
      if (flushed.length === 0) clearInterval(looks);
    }, PATIENCE_MS);
  }

  return {
    write(line) {
      if (gone || pending > MAX_PENDING) {
        dropped += 1;
        return;
      }
      waiting.push(`${line}\n`);
      pending += Buffer.byteLength(line) + 1;
      if (writing) return;
      writing = true;
      gathering = setTimeout(next, GATHER_MS);
    },
    flush() {
      if (gathering !== undefined) {
        clearTimeout(gathering);
        next();
      }
      if (!writing) return Promise.resolve();
      if (flushed.length === 0) watchReader();
      return new Promise((resolve) => flushed.push(resolve));
    },
    get dropped() {
      return dropped;
    },
  };
}

function linesIn(bytes: Buffer): number {
  return bytes.reduce((lines, byte) => (byte === NEWLINE ? lines + 1 : lines), 0);
}
