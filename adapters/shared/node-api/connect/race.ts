export interface RaceOptions<A, C> {
  /** Opens one connection. After an abort of `signal` it closes what it opened and settles soon. */
  readonly connect: (address: A, signal: AbortSignal) => Promise<C>;
  /** Closes a connection that lost the race. */
  readonly discard: (connection: C) => void;
  /** Milliseconds between the starts of two attempts. */
  readonly delay: number;
  /** Calls `callback` after `ms`. The returned function cancels that. */
  readonly after: (ms: number, callback: () => void) => () => void;
}

/**
 * Tries addresses in order until one connects (RFC 8305 §5). The next attempt starts after `delay`, or at once when an
 * attempt fails. A later attempt does not end an earlier one: the first to connect wins, and the others are closed.
 *
 * Rejects with the signal's reason after an abort: the caller's deadline for all attempts is the signal.
 *
 * @param addresses at least one
 * @throws {AttemptsFailed} when no address connects
 */
export function race<A, C>(
  addresses: readonly A[],
  { connect, discard, delay, after }: RaceOptions<A, C>,
  signal: AbortSignal,
): Promise<C> {
  return new Promise((resolve, reject) => {
    const attempts = new AbortController();
    const waiting = addresses.values();
    const failures: unknown[] = [];
    let isOver = false;
    let cancelNext = (): void => {};

    function end(reason?: unknown): void {
      isOver = true;
      cancelNext();
      signal.removeEventListener("abort", onAbort);
      attempts.abort(reason);
    }

    function onAbort(): void {
      reject(signal.reason);
      end(signal.reason);
    }

    function startNext(): void {
      cancelNext();
      const { value: address, done } = waiting.next();
      if (done) return;
      connect(address, attempts.signal).then(win, lose);
      cancelNext = after(delay, startNext);
    }

    function win(connection: C): void {
      if (isOver) {
        discard(connection);
        return;
      }
      resolve(connection);
      end();
    }

    function lose(error: unknown): void {
      if (isOver) return;
      failures.push(error);
      if (failures.length < addresses.length) {
        startNext();
        return;
      }
      reject(new AttemptsFailed(failures));
      end();
    }

    signal.addEventListener("abort", onAbort);
    if (signal.aborted) onAbort();
    else startNext();
  });
}

/** No address connects. `errors` has one error for each, in the order of the failures. */
export class AttemptsFailed extends AggregateError {}
