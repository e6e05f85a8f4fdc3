/** Parts of a request's head that a runtime's parser accepts although servers may read them in different ways. */

/** RFC 9112 §3.2 less what no client sends: a name or an IPv4 address, or an IPv6 address in brackets, and a port. */
const HOST = /^(?:[\w.~-]+|\[[\da-f:.]+\])(?::\d{0,5})?$/i;

/** Whether a Host field names one host and nothing else: no user, no path, no second host. */
export function isHost(host: string): boolean {
  return HOST.test(host);
}

/**
 * Whether every server finds the same end of a body framed by this transfer-encoding (RFC 9112 §6.1). No runtime decodes
 * codings other than chunked.
 */
export function isPlainCoding(coding: string): boolean {
  return coding.toLowerCase() === "chunked";
}

/** Whether a request has to be refused for its Host or its transfer-encoding, and its connection closed. */
export function isAmbiguous(headers: Headers): boolean {
  const host = headers.get("host");
  if (host !== null && !isHost(host)) return true;
  const coding = headers.get("transfer-encoding");
  return coding !== null && !isPlainCoding(coding);
}
