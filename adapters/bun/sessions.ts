import type { SilenceClock } from "../shared/node-api/silences.ts";

/** A pool of connections, as {@link createSessions} needs it. */
export interface Closable {
  /** Closes the idle connections; requests in flight finish. */
  close(): void;
}

export interface Sessions<S> {
  /** The session for a request that begins now. */
  current(): S;
  /** Records that an answer limits the idle time of its connection to `ms`; 0 forbids its reuse. */
  limit(ms: number): void;
  /** Whether the next request may find an idle connection: its session has had a request. */
  mayHaveIdle(): boolean;
  /** Closes the session in use. */
  close(): void;
}

export interface SessionsOptions<S> {
  /** @param idle milliseconds that its connections may be idle; 0: each serves one request */
  readonly open: (idle: number) => S;
  /** Milliseconds that a connection may be idle. Bun itself closes it up to 8 s late. */
  readonly idleTimeout: number;
  readonly clock: SilenceClock;
}

/** How late Bun closes an idle connection at most (ms). Idle timeouts up to this are enforced by retiring sessions. */
const MAX_LATENESS = 8_000;
/**
 * A session whose connections may not be idle is replaced after this long (ms), to see whether the limit still holds.
 */
const MIN_USE = 1_000;

/** The session in use. Times are in milliseconds. */
interface InUse<S> {
  readonly session: S;
  /** The idle limit that it was opened with. */
  readonly idle: number;
  readonly since: number;
  /** When it is retired. */
  until: number;
  /** The shortest limit of its answers. */
  limit: number | undefined;
  /** Cancels the timer that retires it. */
  cancel(): void;
}

/**
 * Creates sessions of Bun's fetch that enforce idle limits exactly. Bun's own timer has steps of 4 s and takes no limit
 * from an answer, and Bun does not show which connection a request uses. So a session with a limit is in use for that
 * time only, counted from its first request: then its idle connections are closed, and the next request opens another
 * session. No connection is used again after it has been idle for longer.
 *
 * The next session is opened with the shortest limit of the answers before: Bun's timer then closes connections that
 * are busy when their session is retired.
 *
 * A session whose only limit is an idle timeout above {@link MAX_LATENESS} is kept, and Bun closes its connections.
 */
export function createSessions<S extends Closable>({
  open,
  idleTimeout,
  clock,
}: SessionsOptions<S>): Sessions<S> {
  let used: InUse<S> | undefined;
  let learned: number | undefined;

  function retire(): void {
    used?.cancel();
    used?.session.close();
    learned = used?.limit;
    used = undefined;
  }

  function retireAfter(ms: number): void {
    if (used === undefined) return;
    const until = used.since + ms;
    if (until >= used.until) return;
    used.cancel();
    used.until = until;
    if (until <= clock.now()) retire();
    else used.cancel = clock.after(until - clock.now(), retire);
  }

  function expire(): void {
    if (used !== undefined && used.until <= clock.now()) retire();
  }

  return {
    current() {
      expire();
      if (used !== undefined) return used.session;
      const idle = learned ?? idleTimeout;
      const session = open(idle);
      used = {
        session,
        idle,
        since: clock.now(),
        until: Number.POSITIVE_INFINITY,
        limit: undefined,
        cancel() {},
      };
      if (idle <= MAX_LATENESS || idle < idleTimeout) retireAfter(Math.max(idle, MIN_USE));
      return session;
    },
    limit(ms) {
      if (used === undefined || ms >= idleTimeout) return;
      used.limit = Math.min(ms, used.limit ?? ms);
      if (ms < used.idle) retireAfter(ms);
    },
    mayHaveIdle() {
      expire();
      return used !== undefined && used.idle > 0;
    },
    close: retire,
  };
}
