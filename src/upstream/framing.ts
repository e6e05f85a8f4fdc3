/**
 * Whether an answer can be passed on: no final status (RFC 9110 §15) is outside 200–599, and a length beside a transfer
 * coding can disagree with it on where the answer ends (RFC 9112 §6.3).
 */
export function canBePassedOn({ status, headers }: Response): boolean {
  if (status < 200 || status > 599) return false;
  return !(headers.has("transfer-encoding") && headers.has("content-length"));
}
