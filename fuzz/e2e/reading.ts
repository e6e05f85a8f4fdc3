/** A second, plain reading of an answer's bytes (RFC 9112), to compare with what the program made of them. */

import type { Ending } from "./answers.ts";

/**
 * `whole`: complete, with this status and body. `cut`: valid as far as it goes, but its end is missing.
 * `open`: it has no single meaning, or is none that must be passed on; anything well-framed will do.
 */
export type Reading =
  | {
      readonly kind: "whole";
      readonly status: number;
      readonly body: string;
      /** Whether it is free of what only some recipients tolerate. */
      readonly strict: boolean;
    }
  | {
      readonly kind: "cut";
      /** `close`: in a body that ends with its connection. `last chunk`: in the last chunk's own end. */
      readonly in?: "close" | "last chunk";
    }
  | { readonly kind: "open"; readonly why: string };

const NAME = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;
/** Larger heads may be refused (bytes). */
const HEAD_LIMIT = 12_000;
/** More fields may be refused. */
const FIELD_LIMIT = 100;

// biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is looked for
const UNCOMMON = /[\x00-\x08\x0a-\x1f\x7f-\xff]/;

const open = (why: string): Reading => ({ kind: "open", why });
const CUT: Reading = { kind: "cut" };

/** How the connection of an answer ends: only a whole answer with an end of its own leaves it open. */
export function endingOf(text: string, method: string, ending: Ending): Ending {
  return ending === "keep" && readAnswer(text, method, "keep").kind !== "whole" ? "fin" : ending;
}

export function readAnswer(text: string, method: string, ending: Ending): Reading {
  const head = headOf(text);
  if (head === undefined) return text.length > HEAD_LIMIT ? open("a large head") : headless(text);
  const [line = "", ...rest] = head.lines;
  const match = /^HTTP\/1\.([01]) (\d{3})(?: (.*))?$/s.exec(line);
  if (match === null) return open("the status line");
  const status = Number(match[2]);
  if (status === 101 || status < 100) return open(`status ${status}`);
  if (status < 200)
    return match[1] === "0" ? open("1xx in HTTP/1.0") : afterInterim(text.slice(head.size), method, ending);
  if (status > 599) return open(`status ${status}`);
  if (head.size > HEAD_LIMIT || rest.length > FIELD_LIMIT) return open("a large head");
  const fields = fieldsOf(rest);
  if (fields === undefined) return open("a field");
  const all = (name: string): string[] =>
    fields.filter(([other]) => other === name).map(([, value]) => value);
  if (all("content-encoding").length > 0) return open("content-encoding");
  if (all("upgrade").length > 0) return open("upgrade");
  const strict = head.strict && !UNCOMMON.test(head.lines.join(""));
  const body = text.slice(head.size);
  const framing = framingOf(all("content-length"), all("transfer-encoding"), match[1] ?? "");
  if ("why" in framing) return framing;
  if (method === "HEAD" || status === 204 || status === 304) {
    return body === "" && ending !== "reset"
      ? { kind: "whole", status, body, strict }
      : open("a body where none is");
  }
  // RFC 9110 §15.3.6: a 205 has no content, whatever its fields say.
  if (status === 205 && (body !== "" || framing.by !== 0)) return open("205 with a body");
  const result = bodyOf(body, framing, ending);
  return result.kind === "whole"
    ? { ...result, status, strict: strict && framing.strict && result.strict }
    : result;
}

/** An answer without a whole head. */
function headless(text: string): Reading {
  return /^(?:HTTP\/1\.[01] \d{3}[^\r\n\0]*\r\n(?:[\w-]+: [^\r\n\0]*\r\n)*)?$/.test(text)
    ? CUT
    : open("half a head");
}

function afterInterim(text: string, method: string, ending: Ending): Reading {
  const reading = readAnswer(text, method, ending);
  return reading.kind === "whole" ? { ...reading, strict: false } : reading;
}

function headOf(text: string) {
  const match = /\r?\n\r?\n/.exec(text);
  if (match === null) return undefined;
  const raw = text.slice(0, match.index);
  const size = match.index + match[0].length;
  const plain = raw.replaceAll("\r\n", "\n");
  const unfolded = plain.replaceAll(/\n[ \t]+/g, " ");
  const strict = match[0] === "\r\n\r\n" && plain === unfolded && !raw.replaceAll("\r\n", "").includes("\n");
  return { lines: unfolded.split("\n"), size, strict };
}

/** Undefined where a line has no single meaning. */
function fieldsOf(lines: readonly string[]): readonly (readonly [string, string])[] | undefined {
  const fields = lines.map((line): readonly [string, string] => {
    const colon = line.indexOf(":");
    return [
      line.slice(0, Math.max(0, colon)).toLowerCase(),
      line.slice(colon + 1).replace(/^[ \t]+|[ \t]+$/g, ""),
    ];
  });
  return fields.every(([name, value]) => NAME.test(name) && !/[\r\0]/.test(value)) ? fields : undefined;
}

interface Framing {
  /** Bytes; `chunked`; `close`: up to the connection's end. */
  readonly by: number | "chunked" | "close";
  readonly strict: boolean;
}

function framingOf(
  lengths: readonly string[],
  codings: readonly string[],
  minor: string,
): Framing | Extract<Reading, { kind: "open" }> {
  const why = (text: string) => ({ kind: "open", why: text }) as const;
  if (codings.length > 0) {
    const isPlain = codings.length === 1 && codings[0]?.toLowerCase() === "chunked";
    if (!isPlain || lengths.length > 0 || minor === "0") return why("transfer-encoding");
    return { by: "chunked", strict: codings[0] === "chunked" };
  }
  const all = lengths.flatMap((length) => length.split(",").map((one) => one.trim()));
  const [length] = all;
  if (length === undefined) return { by: "close", strict: true };
  if (!all.every((one) => one === length) || !/^\d{1,12}$/.test(length)) return why("content-length");
  return { by: Number(length), strict: all.length === 1 };
}

type Body = { kind: "whole"; body: string; strict: boolean } | Exclude<Reading, { kind: "whole" }>;

function bodyOf(text: string, { by }: Framing, ending: Ending): Body {
  // What was sent before a reset may be lost with it.
  const whole = (body: string, strict: boolean): Body =>
    ending === "reset" ? { kind: "open", why: "a reset after the end" } : { kind: "whole", body, strict };
  if (by === "close") {
    return ending === "fin" ? whole(text, true) : { kind: "cut", in: "close" };
  }
  if (by === "chunked") return chunksOf(text, whole);
  if (text.length < by) return CUT_BODY;
  return text.length === by ? whole(text, true) : { kind: "open", why: "surplus" };
}

const CUT_BODY = { kind: "cut" } as const;

function chunksOf(text: string, whole: (body: string, strict: boolean) => Body): Body {
  let at = 0;
  let body = "";
  let strict = true;
  for (;;) {
    const end = text.indexOf("\r\n", at);
    const line = text.slice(at, end < 0 ? undefined : end);
    const match = /^([0-9a-fA-F]{1,8})([ \t]*(?:;[^\r\n\0]{0,60})?)$/.exec(line);
    if (end < 0) return /^[0-9a-fA-F]{0,8}\r?$/.test(line) ? CUT_BODY : { kind: "open", why: "a chunk size" };
    if (match === null) return { kind: "open", why: "a chunk size" };
    const size = Number.parseInt(match[1] ?? "", 16);
    strict &&= match[2] === "";
    at = end + 2;
    if (size === 0) break;
    body += text.slice(at, at + size);
    const tail = text.slice(at + size, at + size + 2);
    at += size + 2;
    if (tail !== "\r\n") return "\r\n".startsWith(tail) ? CUT_BODY : { kind: "open", why: "a chunk's end" };
  }
  const trailers = /^((?:[\w-]+: ?[^\r\n\0]*\r\n)*)\r\n/.exec(text.slice(at));
  if (trailers === null)
    return /^(?:[\w-]+: ?[^\r\n\0]*\r\n)*\r?$/.test(text.slice(at))
      ? { kind: "cut", in: "last chunk" }
      : { kind: "open", why: "a trailer" };
  if (text.length > at + trailers[0].length) return { kind: "open", why: "surplus" };
  return whole(body, strict && trailers[1] === "");
}
