import { clearTimeout, setTimeout } from "node:timers";
import { idleLimit } from "../http/keep-alive.ts";
import type { Connection } from "./upstream-connection.ts";

/** The part of a `Keep-Alive` field that undici reads. */
const READ_BY_UNDICI = /timeout=(\d+)/;

/**
 * The idle limit that an answer sets for its connection, where undici does not read it (`Timeout = "5"`).
 *
 * @returns milliseconds; undefined where there is none, or undici obeys it
 */
export function unreadIdleLimit(headers: Headers): number | undefined {
  const field = headers.get("keep-alive");
  if (field === null) return undefined;
  const limit = idleLimit(field);
  const read = READ_BY_UNDICI.exec(field);
  return limit === undefined || (read !== null && idleLimit(read[0]) === limit) ? undefined : limit;
}

/** Closes a connection after `ms` (0: at once), unless {@link cancelClose} is called before. */
export function closeAfter(connection: Connection, ms: number): void {
  if (ms === 0) connection.socket.destroy();
  else connection.closeTimer = setTimeout(() => connection.socket.destroy(), ms).unref();
}

/** Cancels {@link closeAfter}: a request uses the connection. */
export function cancelClose({ closeTimer }: Connection): void {
  if (closeTimer !== undefined) clearTimeout(closeTimer);
}
