import { type IncomingMessage, STATUS_CODES } from "node:http";
import type { Socket } from "node:net";
import type { Refusal } from "../../src/runtime/runtime.ts";
import { isPlainCoding } from "../shared/http/head.ts";
import { reportDefect } from "../shared/node-api/defects.ts";

/** How long a refused client may go on sending before its connection is closed: a reset could lose the answer. */
const LINGER = 2_000;

/** The refusal for an error of node:http's parser; undefined when the client has gone. */
export function refusalOf(error: Error & { readonly code?: string }): Refusal | undefined {
  const code = error.code ?? "";
  if (code === "HPE_HEADER_OVERFLOW") return "headers_too_large";
  if (code === "ERR_HTTP_REQUEST_TIMEOUT") return "request_timeout";
  return code.startsWith("HPE_") ? "bad_request" : undefined;
}

/**
 * Whether node:http's parser took a request that servers may read in different ways: another version than 1.0 and 1.1,
 * or a transfer-encoding other than chunked or in HTTP/1.0 (RFC 9112 §6.1).
 */
export function isUnclear({ httpVersion, headers }: IncomingMessage): boolean {
  const coding = headers["transfer-encoding"];
  if (httpVersion === "1.1") return coding !== undefined && !isPlainCoding(coding);
  return httpVersion !== "1.0" || coding !== undefined;
}

/**
 * Writes `answer` to a connection on which no other answer is due, and closes it. Never rejects.
 *
 * @param method of the request that is refused, where one was read: HEAD gets no body
 */
export async function refuse(socket: Socket, answer: Response, method?: string): Promise<void> {
  try {
    write(socket, answer, Buffer.from(await answer.arrayBuffer()), method === "HEAD");
  } catch (error) {
    socket.destroy();
    reportDefect(error);
  }
}

function write(socket: Socket, answer: Response, body: Buffer, isHeadOnly: boolean): void {
  // The client may have left while the body was read.
  if (!socket.writable) return void socket.destroy();
  const head = [`HTTP/1.1 ${answer.status} ${STATUS_CODES[answer.status] ?? ""}`];
  answer.headers.set("content-length", String(body.byteLength));
  answer.headers.set("connection", "close");
  for (const [name, value] of answer.headers) head.push(`${name}: ${value}`);
  head.push("", "");
  socket.end(Buffer.concat([Buffer.from(head.join("\r\n"), "latin1"), ...(isHeadOnly ? [] : [body])]));
  const timer = setTimeout(() => socket.destroy(), LINGER);
  socket.once("close", () => clearTimeout(timer));
}
