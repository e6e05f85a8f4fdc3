import { clearTimeout, setTimeout } from "node:timers";
import { idleLimit } from "../common/keep-alive.ts";
import type { Connection } from "./upstream-exchange.ts";

/** All that undici reads of a `Keep-Alive` field. */
const UNDICI = /timeout=(\d+)/;

/**
 * The limit of idleness that an answer sets for its connection, where undici does not obey it by itself, as in
 * `Timeout = "5"`.
 *
 * @returns milliseconds
 */
export function unreadIdleLimit(headers: Headers): number | undefined {
  const field = headers.get("keep-alive");
  if (field === null) return undefined;
  const limit = idleLimit(field);
  const read = UNDICI.exec(field);
  return limit === undefined || (read !== null && idleLimit(read[0]) === limit) ? undefined : limit;
}

/** Closes a connection `ms` after an answer, unless {@link keep} is called before. */
export function leave(connection: Connection, ms: number): void {
  if (ms === 0) connection.socket.destroy();
  else connection.leaving = setTimeout(() => connection.socket.destroy(), ms).unref();
}

/** A request has taken the connection. */
export function keep({ leaving }: Connection): void {
  if (leaving !== undefined) clearTimeout(leaving);
}
