import type { Bytes } from "../runtime/runtime.ts";
import { ApiError } from "./api-error.ts";
import { chunks } from "./json.ts";

/** What happens to the parts of a form, in order; a part's data may come in any number of pieces. */
export interface FormVisitor {
  part(name: string, filename: string | undefined): void;
  data(piece: Bytes): void;
}

const MAX_PART_HEAD = 16 * 1024;
const CRLF2 = new TextEncoder().encode("\r\n\r\n");

/**
 * Reads a multipart/form-data body (RFC 7578) as it arrives, holding no more than one chunk and a boundary's length,
 * so that an upload may be larger than memory. Throws a 400 for a body that is none, or that ends early.
 */
export async function readForm(request: Request, visitor: FormVisitor): Promise<void> {
  // Every delimiter but the first follows a line break: with one put before the body they are all alike.
  const delimiter = new TextEncoder().encode(`\r\n--${boundaryOf(request)}`);
  let held: Bytes = new TextEncoder().encode("\r\n");
  let state: "preamble" | "head" | "data" = "preamble";

  /** Takes from `held` what it can; false when more bytes are needed, "end" after the closing delimiter. */
  const step = (): boolean | "end" => {
    if (state === "head") return readHead();
    const at = indexOf(held, delimiter);
    const after = held.subarray(at + delimiter.length);
    if (at >= 0 && after.length < 2) return false;
    const safe = at >= 0 ? at : Math.max(0, held.length - delimiter.length);
    if (state === "data" && safe > 0) visitor.data(held.subarray(0, safe));
    held = at >= 0 ? after : held.subarray(safe);
    if (at < 0) return false;
    state = "head";
    return held[0] === DASH && held[1] === DASH ? "end" : true;
  };

  const readHead = (): boolean => {
    const end = indexOf(held, CRLF2);
    if (end < 0 && held.length > MAX_PART_HEAD) throw broken("a part's head is too long");
    if (end < 0) return false;
    const { name, filename } = parseHead(new TextDecoder().decode(held.subarray(0, end)));
    visitor.part(name, filename);
    held = held.subarray(end + CRLF2.length);
    state = "data";
    return true;
  };

  let ended = false;
  for await (const chunk of chunks(request.body ?? new ReadableStream<Bytes>({ start: (c) => c.close() }))) {
    if (ended) continue;
    held = concat(held, chunk);
    let more: boolean | "end" = true;
    while (more === true) more = step();
    ended = more === "end";
  }
  if (!ended) throw broken("it ends early");
}

const DASH = 0x2d;

function boundaryOf(request: Request): string {
  const type = request.headers.get("content-type") ?? "";
  const match = /^multipart\/form-data\s*;.*?\bboundary=(?:"([^"]+)"|([^;\s]+))/i.exec(type);
  const boundary = match?.[1] ?? match?.[2];
  // RFC 2046 §5.1.1
  if (boundary === undefined || boundary.length > 70) throw broken("its content-type names no boundary");
  return boundary;
}

function parseHead(head: string): { readonly name: string; readonly filename: string | undefined } {
  const disposition = /^content-disposition:(.*)$/im.exec(head)?.[1] ?? "";
  const name = /[;\s]name="([^"]*)"/i.exec(disposition)?.[1];
  if (name === undefined) throw broken("a part has no name");
  return { name, filename: /[;\s]filename="([^"]*)"/i.exec(disposition)?.[1] };
}

function broken(why: string): ApiError {
  return new ApiError(400, `The multipart body can't be read: ${why}.`);
}

/** The first place of `needle`, or -1. Most bytes are passed over by the native search for its first one. */
function indexOf(bytes: Bytes, needle: Bytes): number {
  const [first = 0] = needle;
  for (let at = bytes.indexOf(first); at >= 0; at = bytes.indexOf(first, at + 1)) {
    if (at + needle.length > bytes.length) return -1;
    let same = 1;
    while (same < needle.length && bytes[at + same] === needle[same]) same++;
    if (same === needle.length) return at;
  }
  return -1;
}

function concat(one: Bytes, other: Bytes): Bytes {
  if (one.length === 0) return other;
  const both = new Uint8Array(one.length + other.length);
  both.set(one);
  both.set(other, one.length);
  return both;
}
