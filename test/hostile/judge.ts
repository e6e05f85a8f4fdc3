/**
 * Reads what a proxy sent upstream, byte for byte, and names everything in it that two servers could read differently
 * (RFC 9110, RFC 9112). Stricter than any server: what passes here has one meaning only.
 */

/** One request as it stood on the wire. */
export interface Judged {
  readonly method: string;
  readonly target: string;
  /** In order, values without the space around them; bytes as Latin-1. */
  readonly fields: readonly (readonly [name: string, value: string])[];
  readonly body: string;
  /** What is ambiguous in it; none when nothing is. */
  readonly faults: readonly string[];
  /** Bytes of it, all that there are where its end can't be known. */
  readonly length: number;
  /** Whether what follows can't be trusted to be a request. */
  readonly isBroken: boolean;
}

const TOKEN = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;
// biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is looked for
const CONTROL = /[\x00-\x08\x0a-\x1f]/;
const DOT_SEGMENT = /\/(?:\.|%2e){1,2}(?=[/?]|$)/i;

/** Fields of one connection: sent on, they would speak for the proxy (RFC 9110 §7.6.1). */
const HOP_BY_HOP = ["te", "trailer", "upgrade", "http2-settings", "proxy-connection", "proxy-authorization"];

/** @param host what the Host field has to be */
export function judge(bytes: Buffer, host: string): Judged | undefined {
  const text = bytes.toString("latin1");
  const end = text.indexOf("\r\n\r\n");
  if (end < 0) return undefined;
  const head = text.slice(0, end);
  const [line = "", ...fieldLines] = head.split("\r\n");
  const faults: string[] = [];
  if (/\n|\r/.test(head.replaceAll("\r\n", ""))) faults.push("a bare CR or LF");
  if (head.includes("\0")) faults.push("a NUL");

  const [method = "", target = "", version, ...more] = line.split(" ");
  if (!TOKEN.test(method) || !/^HTTP\/1\.[01]$/.test(version ?? "") || more.length > 0)
    faults.push(`the request line ${line.slice(0, 80)}`);
  faults.push(...faultsOfTarget(target));
  const fields = fieldLines.map((field) => readField(field, faults));
  const all = (name: string): string[] =>
    fields.filter(([other]) => other.toLowerCase() === name).map(([, value]) => value);
  const hosts = all("host");
  if (hosts.length !== 1 || hosts[0] !== host) faults.push(`Host ${hosts.join(" and ") || "missing"}`);
  for (const name of HOP_BY_HOP) if (all(name).length > 0) faults.push(`${name}: ${all(name).join()}`);

  if (version === "HTTP/1.0" && all("transfer-encoding").length > 0) faults.push("chunks in HTTP/1.0");

  const rest = text.slice(end + 4);
  const body = bodyOf(rest, all("content-length"), all("transfer-encoding"), faults);
  if (body === undefined) return undefined;
  const isBroken = faults.length > 0;
  const length = isBroken ? bytes.length : end + 4 + body.length;
  return { method, target, fields, body: body.text, faults, length, isBroken };
}

function faultsOfTarget(target: string): readonly string[] {
  const faults: string[] = [];
  if (!target.startsWith("/")) faults.push(`the target ${target.slice(0, 80)}`);
  if (!/^[\x21-\x7e]*$/.test(target)) faults.push("a target with bytes that no URL has");
  if (/[\\#]/.test(target)) faults.push("a target with \\ or #");
  if (DOT_SEGMENT.test(target.split("?")[0] ?? "")) faults.push("a dot segment in the target");
  return faults;
}

function readField(line: string, faults: string[]): readonly [string, string] {
  const colon = line.indexOf(":");
  const name = line.slice(0, Math.max(colon, 0));
  if (!TOKEN.test(name)) faults.push(`the field ${JSON.stringify(line.slice(0, 40))}`);
  const value = line.slice(colon + 1);
  if (CONTROL.test(value)) faults.push(`a control character in ${name}`);
  return [name, value.replace(/^[ \t]+|[ \t]+$/g, "")];
}

interface Body {
  readonly text: string;
  /** Bytes on the wire. */
  readonly length: number;
}

/** Undefined while it is not whole. */
function bodyOf(
  rest: string,
  lengths: readonly string[],
  codings: readonly string[],
  faults: string[],
): Body | undefined {
  const [length] = lengths;
  const isOdd = lengths.length + codings.length > 1 || (length !== undefined && !/^\d{1,15}$/.test(length));
  if (isOdd || codings.some((coding) => coding.toLowerCase() !== "chunked")) {
    faults.push(
      `framing by ${[...lengths.map((value) => `length ${value}`), ...codings.map((value) => `coding ${value}`)].join(" and ")}`,
    );
    return { text: "", length: 0 };
  }
  if (codings.length > 0) return chunksOf(rest, faults);
  const size = Number(length ?? 0);
  return rest.length < size ? undefined : { text: rest.slice(0, size), length: size };
}

/** Chunks as plain as can be: no extension, no trailer. */
function chunksOf(rest: string, faults: string[]): Body | undefined {
  let text = "";
  let at = 0;
  for (;;) {
    const end = rest.indexOf("\r\n", at);
    if (end < 0) return undefined;
    const line = rest.slice(at, end);
    const size = /^[0-9a-fA-F]{1,8}$/.test(line) ? Number.parseInt(line, 16) : undefined;
    if (size === undefined) {
      faults.push(`the chunk size ${JSON.stringify(line.slice(0, 40))}`);
      return { text, length: at };
    }
    if (rest.length < end + 2 + size + 2) return undefined;
    text += rest.slice(end + 2, end + 2 + size);
    at = end + 2 + size + 2;
    if (rest.slice(at - 2, at) !== "\r\n") {
      faults.push(size === 0 ? "a trailer" : "a chunk that does not end where it says");
      return { text, length: at };
    }
    if (size === 0) return { text, length: at };
  }
}

/** A request in one line: `POST /path "body"`, with one of its fields if that is asked for. */
export function summaryOf({ method, target, body, fields }: Judged, field?: string): string {
  const values = fields.filter(([name]) => name.toLowerCase() === field).map(([, value]) => value);
  const note = field === undefined ? "" : ` ${field}: ${values.length === 0 ? "-" : values.join(" | ")}`;
  return `${method} ${brief(target)}${body === "" ? "" : ` ${JSON.stringify(brief(body))}`}${brief(note)}`;
}

function brief(text: string): string {
  return text.length > 60 ? `${text.slice(0, 40)}… (${text.length})` : text;
}
