import type { SilenceClock } from "../common/silences.ts";

/** What a pool of connections is to {@link createSessions}. */
export interface Closable {
  /** Closes the idle connections; requests in flight finish. */
  close(): void;
}

export interface Sessions<S> {
  /** The session for a request that begins now. */
  current(): S;
  /** An answer over `session` says that its connection may be idle for `ms`; 0: not at all. */
  limit(session: S, ms: number): void;
  /** Whether the next request's session has had a request, so that there can be idle connections. */
  isUsed(): boolean;
  close(): void;
}

export interface SessionsOptions<S> {
  /** @param idle milliseconds that its connections may be idle; 0: each takes one request */
  readonly open: (idle: number) => S;
  /** Milliseconds that a connection may be idle, which Bun keeps up to 8 s late. */
  readonly idleTimeout: number;
  readonly clock: SilenceClock;
}

/** Milliseconds up to which Bun's lateness would be longer than the idle timeout itself. */
const EXACT = 8_000;
/** Milliseconds that a session without idle connections is in use, until it is seen whether the limit still holds. */
const SHORTEST_USE = 1_000;

interface Used<S> {
  readonly session: S;
  /** What it was opened with. */
  readonly idle: number;
  readonly since: number;
  until: number;
  /** The shortest limit of its answers. */
  limit: number | undefined;
  cancel(): void;
}

/**
 * Sessions of Bun's fetch that keep a limit of idleness exactly. Bun's own timer moves in steps of 4 s, can't be told
 * of an answer's limit, and does not show which connection a request takes. So a session with a limit is in use for that
 * time only, from its first request on: then its idle connections are closed and the next request opens another. No
 * connection is used again that has been idle for longer.
 *
 * The next session is opened with that limit, so that connections that were in use then do not stay for longer.
 *
 * A session whose only limit is an idle timeout above {@link EXACT} is kept: its connections are Bun's to close.
 */
export function createSessions<S extends Closable>({
  open,
  idleTimeout,
  clock,
}: SessionsOptions<S>): Sessions<S> {
  let used: Used<S> | undefined;
  let learned: number | undefined;

  function retire(): void {
    used?.cancel();
    used?.session.close();
    learned = used?.limit;
    used = undefined;
  }

  function bound(ms: number): void {
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
      if (idle <= EXACT || idle < idleTimeout) bound(Math.max(idle, SHORTEST_USE));
      return session;
    },
    limit(session, ms) {
      if (used?.session !== session || ms >= idleTimeout) return;
      used.limit = Math.min(ms, used.limit ?? ms);
      if (ms < used.idle) bound(ms);
    },
    isUsed() {
      expire();
      return used !== undefined && used.idle > 0;
    },
    close: retire,
  };
}
