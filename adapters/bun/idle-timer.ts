/** Holds Bun's idle timer off the connection of one request. */
export interface IdleHold {
  /** One more of the request's bodies is on its way. */
  extend(): void;
  /** It has ended, or the handler has. */
  release(): void;
}

/**
 * Bun cuts connections on which nothing moved for its idle timeout, quiet streams too. The timer can be set for one
 * request, but only while that is served: so it is off from the begin and comes back with the end of the last body,
 * before Bun sees that end.
 *
 * @param setTimer sets the timer of the request's connection: seconds, 0 is off
 * @param idle seconds that the connection may be idle once all is released
 */
export function holdIdleTimer(setTimer: (seconds: number) => void, idle: number): IdleHold {
  let open = 1;
  setTimer(0);
  return {
    extend() {
      open += 1;
    },
    release() {
      open -= 1;
      if (open === 0) setTimer(idle);
    },
  };
}
