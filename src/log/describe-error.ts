/** How many causes of an error are followed; a cause may be its own. */
const MAX_CAUSES = 5;

/** `TypeError: no such host (cause: Error: …)`; with its stack, where wanted, as a value of its own. */
export function describeError(error: Error, withStack: boolean): string | { message: string; stack: string } {
  const message = withCauses(error);
  if (!withStack || error.stack === undefined) return message;
  return { message, stack: error.stack };
}

function withCauses(error: Error): string {
  const parts = [`${error.name}: ${error.message}`];
  let cause = error.cause;
  while (cause instanceof Error && parts.length <= MAX_CAUSES) {
    parts.push(`cause: ${cause.name}: ${cause.message}`);
    cause = cause.cause;
  }
  return parts.join("; ");
}
