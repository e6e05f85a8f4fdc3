/** A peer's address without a zone, and IPv4 as IPv4: what a socket that listens on `::` shows as `::ffff:1.2.3.4`. */
export function peerAddress(remote: string | undefined): string {
  // A client that has left already has no address any more.
  if (remote === undefined) return "0.0.0.0";
  if (remote.startsWith("::ffff:") && remote.includes(".")) return remote.slice(7);
  const zone = remote.indexOf("%");
  return zone === -1 ? remote : remote.slice(0, zone);
}
