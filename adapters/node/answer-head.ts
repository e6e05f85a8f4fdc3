import { type ServerResponse, STATUS_CODES } from "node:http";
import type { HeaderPair } from "../../src/runtime/runtime.ts";
import { mended } from "../shared/http/mended.ts";
import { LightResponse } from "../shared/light/response.ts";

/** The head of an answer to a client, as node:http takes it. */
export interface Head {
  readonly status: number;
  readonly statusText: string;
  /** Names and values in turn. */
  readonly fields: string[];
  /** The declared length of the body; undefined when there is none or it is no number. */
  readonly length: number | undefined;
  readonly hasLength: boolean;
}

/** Takes the head of an answer. */
export function headOf(answer: Response): Head {
  const { status, statusText } = answer;
  const fields: string[] = [];
  let declared: string | undefined;
  const pairs: Iterable<HeaderPair> = answer instanceof LightResponse ? answer.fields() : answer.headers;
  for (const [name, value] of pairs) {
    fields.push(name, value);
    if (name === "content-length") declared = value;
  }
  const length = declared !== undefined && /^\d+$/.test(declared) ? Number(declared) : undefined;
  return { status, statusText, fields, length, hasLength: declared !== undefined };
}

/**
 * Writes a head. Where node:http refuses a part of it, the status gets its usual reason phrase and the fields are
 * {@link mended}.
 *
 * @param length bytes of the body, where it is complete
 */
export function writeHead(response: ServerResponse, head: Head, length: number | undefined): void {
  const { status, statusText, fields } = head;
  if (length !== undefined && mayAddLength(response, head)) fields.push("content-length", String(length));
  try {
    if (statusText === "") response.writeHead(status, fields);
    else response.writeHead(status, statusText, fields);
  } catch {
    response.writeHead(status, STATUS_CODES[status] ?? "", mendedFlat(fields));
  }
  // A head that waits for earlier answers goes behind a 100 that waits too: with a body, node:http would put it in front.
  if (response.socket === null) response.flushHeaders();
}

/** A 204 has no content-length; in a 304 or an answer to HEAD it would be that of another answer (RFC 9110 §8.6). */
function mayAddLength(response: ServerResponse, { status, hasLength }: Head): boolean {
  if (status === 204 || status === 304 || response.req.method === "HEAD") return false;
  return !hasLength;
}

function mendedFlat(fields: readonly string[]): string[] {
  const pairs: HeaderPair[] = [];
  for (let i = 0; i + 1 < fields.length; i += 2) pairs.push([fields[i] ?? "", fields[i + 1] ?? ""]);
  return mended(pairs).flat();
}
