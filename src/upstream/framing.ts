/**
 * Says in a few words why an answer can't be passed on; undefined where it can. A final status is within 200–599 (RFC
 * 9110 §15), and a length beside a transfer coding may contradict it about the answer's end (RFC 9112 §6.3).
 */
export function problemOf({ status, headers }: Response): string | undefined {
  if (status < 200 || status > 599) return `status ${status}`;
  const hasTwoLengths = headers.has("transfer-encoding") && headers.has("content-length");
  return hasTwoLengths ? "both content-length and transfer-encoding" : undefined;
}

/** Whether an answer can be passed on. */
export function canBePassedOn(response: Response): boolean {
  return problemOf(response) === undefined;
}
