import { AsyncLocalStorage } from "node:async_hooks";
import type { BodyWatcher, ByteStream, WatchedBody } from "../../src/runtime.ts";
import { watchBody } from "../common/watch-body.ts";

/** Keeps Bun's idle timer away from requests that are served, and gives it back for the time after. */
export interface IdleTimer {
  /**
   * Serves a request without an idle timer.
   *
   * @param setTimer sets the timer of the request's connection: seconds, 0 is off
   * @param idle seconds that the connection may be idle once the request's last body has ended
   */
  serve(
    setTimer: (seconds: number) => void,
    idle: number,
    handle: () => Response | Promise<Response>,
  ): Promise<Served>;
  /** `watchBody` for the bodies of such a request. */
  watchBody(body: ByteStream, watcher: BodyWatcher): WatchedBody;
}

export interface Served {
  readonly response: Response;
  /** Whether a body of the request's has not ended: the answer is a stream. */
  readonly streaming: boolean;
}

/** What of a request is still open: its handler, and bodies. */
interface Open {
  count: number;
  readonly restore: () => void;
}

/**
 * Bun cuts connections on which nothing moved for its idle timeout, quiet streams too. The timer can be set for one
 * request, but only while that is served: so it is off from the begin and comes back with the end of the last body,
 * before Bun sees that end.
 */
export function createIdleTimer(): IdleTimer {
  const requests = new AsyncLocalStorage<Open>();

  function close(open: Open): void {
    open.count -= 1;
    if (open.count === 0) open.restore();
  }

  return {
    async serve(setTimer, idle, handle) {
      setTimer(0);
      const open: Open = { count: 1, restore: () => setTimer(idle) };
      try {
        const response = await requests.run(open, handle);
        return { response, streaming: open.count > 1 };
      } finally {
        close(open);
      }
    },
    watchBody(body, watcher) {
      const open = requests.getStore();
      if (open === undefined) return watchBody(body, watcher, { beforeError: flushed });
      open.count += 1;
      const counted: BodyWatcher = {
        waiting: () => watcher.waiting(),
        chunk: (chunk) => watcher.chunk(chunk),
        end(end) {
          close(open);
          watcher.end(end);
        },
      };
      return watchBody(body, counted, { beforeError: flushed });
    },
  };
}

/**
 * Bun writes chunks at the end of a turn of its event loop, and never those before an error in the same turn. It also
 * prints such an error.
 */
function flushed(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
