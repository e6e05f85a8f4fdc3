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
  readonly open: () => S;
  /** Milliseconds that a connection may be idle, which Bun keeps up to 8 s late. */
  readonly idleTimeout: number;
  readonly clock: SilenceClock;
}

/** Milliseconds up to which Bun's lateness would be longer than the idle timeout itself. */
const EXACT = 8_000;

/**
 * Sessions of Bun's fetch that keep a limit of idleness exactly. Bun's own timer moves in steps of 4 s, can't be told
 * of an answer's limit, and does not show which connection a request takes. So a session with a limit is in use for that
 * time only, from its first request on: then its idle connections are closed and the next request opens another. No
 * connection is used again that has been idle for longer.
 *
 * A session whose only limit is an idle timeout above {@link EXACT} is kept: its connections are Bun's to close.
 */
export function createSessions<S extends Closable>({
  open,
  idleTimeout,
  clock,
}: SessionsOptions<S>): Sessions<S> {
  let used: { readonly session: S; readonly since: number; until: number; cancel: () => void } | undefined;

  function retire(): void {
    used?.cancel();
    used?.session.close();
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
      const session = open();
      used = { session, since: clock.now(), until: Number.POSITIVE_INFINITY, cancel() {} };
      if (idleTimeout <= EXACT) bound(idleTimeout);
      return session;
    },
    limit(session, ms) {
      if (used?.session === session && ms < idleTimeout) bound(ms);
    },
    isUsed() {
      expire();
      return used !== undefined;
    },
    close: retire,
  };
}
