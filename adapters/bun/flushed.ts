/**
 * Resolves when chunks that were written before have left. Bun writes them at the end of a turn of its event loop, and
 * never those before an error in the same turn.
 */
export function flushed(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
