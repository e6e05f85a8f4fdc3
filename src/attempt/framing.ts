/**
 * Says in a few words why an answer can't be passed on; undefined where it can. A final status is within 200–599 (RFC
 * 9110 §15), a length beside a transfer coding may contradict it about the answer's end (RFC 9112 §6.3), and no runtime
 * decodes a transfer coding other than chunked: the coded bytes would be taken for the content.
 */
export function problemOf({ status, headers }: Response): string | undefined {
  if (status < 200 || status > 599) return `status ${status}`;
  const coding = headers.get("transfer-encoding");
  if (coding === null) return undefined;
  if (headers.has("content-length")) return "both content-length and transfer-encoding";
  return isDecoded(coding) ? undefined : `transfer-encoding ${JSON.stringify(coding.slice(0, 64))}`;
}

/** Whether a Transfer-Encoding is at most `chunked`. `identity` is no coding: servers that follow RFC 2616 send it. */
function isDecoded(value: string): boolean {
  const codings = value.split(",").map((coding) => coding.trim().toLowerCase());
  const last = codings.pop();
  return codings.every(isNone) && (last === "chunked" || isNone(last));
}

function isNone(coding: string | undefined): boolean {
  return coding === "" || coding === "identity";
}

/** Whether an answer can be passed on. */
export function canBePassedOn(response: Response): boolean {
  return problemOf(response) === undefined;
}
