/** Whole requests over the raw client, and their bytes. */

import type { Pair } from "./http-message.ts";
import type { Answer } from "./raw-answer.ts";
import { type AnswerOptions, type ConnectOptions, connect } from "./raw-client.ts";

export interface RequestOptions extends ConnectOptions, AnswerOptions {
  readonly method?: string;
  readonly headers?: readonly Pair[];
  /** Sent with a content-length. */
  readonly body?: string | Uint8Array;
  /** Sent in these HTTP chunks instead. */
  readonly chunks?: readonly (string | Uint8Array)[];
  /** For the whole exchange. @default 10000 */
  readonly deadline?: number;
}

/** A request's bytes. Adds Host, and the framing that the body needs, unless they are given. */
export function requestBytes(
  path: string,
  { method, headers = [], body, chunks }: RequestOptions = {},
): Buffer {
  const verb = method ?? (body === undefined && chunks === undefined ? "GET" : "POST");
  const has = (name: string): boolean => headers.some(([other]) => other.toLowerCase() === name);
  const fields: Pair[] = [...(has("host") ? [] : [["host", "proxy.test"] as const]), ...headers];
  if (body !== undefined && !has("content-length"))
    fields.push(["content-length", String(Buffer.byteLength(body))]);
  if (chunks !== undefined) fields.push(["transfer-encoding", "chunked"]);
  const head = `${verb} ${path} HTTP/1.1\r\n${fields.map(([name, value]) => `${name}: ${value}\r\n`).join("")}\r\n`;
  const payload =
    chunks === undefined ? [Buffer.from(body ?? "")] : [...chunks.map(chunkBytes), Buffer.from("0\r\n\r\n")];
  return Buffer.concat([Buffer.from(head, "latin1"), ...payload]);
}

/** One HTTP chunk. */
export function chunkBytes(data: string | Uint8Array): Buffer {
  return Buffer.concat([
    Buffer.from(`${Buffer.byteLength(data).toString(16)}\r\n`),
    Buffer.from(data),
    Buffer.from("\r\n"),
  ]);
}

/** Sends one request on a connection of its own and resolves with its whole answer, which must end by the deadline. */
export async function request(port: number, path: string, options: RequestOptions = {}): Promise<Answer> {
  const connection = await connect(port, options);
  try {
    const answer = connection.next({ ...options, head: options.method === "HEAD" });
    // An early answer may close the connection under a long body: the answer counts.
    connection.send(requestBytes(path, options)).catch(() => undefined);
    return await answer.end(options.deadline);
  } finally {
    connection.close();
  }
}
