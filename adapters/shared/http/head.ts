/** What of a request's head a runtime's parser lets through though servers may read it in different ways. */

/** RFC 9112 §3.2 less what no client sends: a name or an IPv4 address, or an IPv6 address in brackets, and a port. */
const HOST = /^(?:[\w.~-]+|\[[\da-f:.]+\])(?::\d{0,5})?$/i;

/** Whether a Host field names one host and nothing else: no user, no path, no second host. */
export function isHost(host: string): boolean {
  return HOST.test(host);
}

/**
 * Whether a body framed by this transfer-encoding ends in one place for every server (RFC 9112 §6.1). Other codings
 * than chunked would be taken off the body by nobody.
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
