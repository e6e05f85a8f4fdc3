/** Statuses whose answers have no body (RFC 9110 §6.4.1; 205 by §15.3.6). */
const BODILESS: ReadonlySet<number> = new Set([204, 205, 304]);

/** Whether an answer of this status has no body, whatever its request was. */
export function isBodiless(status: number): boolean {
  return BODILESS.has(status);
}
