import type { Joining, UpstreamSocket } from "../../../src/runtime/runtime.ts";

/** The status of answers that stand for a WebSocket, so that most others need not be asked about. */
export const JOINING_STATUS = 204;

/** Answers of a handler that stand for a WebSocket: what the server does in place of sending them. */
export interface Joinings<U> {
  /** An answer that stands for it. */
  create(upstream: U, joining: Joining): Response;
  /** What an answer stands for, once. */
  take(answer: Response): Joined<U> | undefined;
}

export interface Joined<U> extends Joining {
  readonly upstream: U;
}

export function createJoinings<U>(): Joinings<U> {
  const joined = new WeakMap<Response, Joined<U>>();
  return {
    create(upstream, joining) {
      // It is never sent; 101 is no status that a Response can have.
      const answer = new Response(null, { status: JOINING_STATUS });
      joined.set(answer, { upstream, ...joining });
      return answer;
    },
    take(answer) {
      const found = joined.get(answer);
      joined.delete(answer);
      return found;
    },
  };
}

/** The client has left before it was joined. */
export function leave({ upstream, watcher }: Joined<UpstreamSocket>): void {
  upstream.abandon();
  watcher.end({ type: "client_gone" });
}
