/**
 * Why an answer can't be passed on, in a few words, or undefined: no final status (RFC 9110 §15) is outside 200–599, and a
 * length beside a transfer coding can disagree with it on where the answer ends (RFC 9112 §6.3).
 */
export function problemOf({ status, headers }: Response): string | undefined {
  if (status < 200 || status > 599) return `status ${status}`;
  const isTwofold = headers.has("transfer-encoding") && headers.has("content-length");
  return isTwofold ? "both content-length and transfer-encoding" : undefined;
}

/** Whether an answer can be passed on. */
export function canBePassedOn(response: Response): boolean {
  return problemOf(response) === undefined;
}
