/** Mends heads of answers that nginx accepts and undici's parser refuses. */

/** Properties of a head, found in one pass over its bytes. */
export interface HeadTraits {
  /** The index after its empty line. */
  readonly end: number;
  /** Whether the parser would refuse something that {@link mendHead} may mend. */
  readonly isOdd: boolean;
  readonly isChunked: boolean;
}

const LF = 10;
const CR = 13;
const COLON = 58;
/** The bit that makes an ASCII letter lowercase. */
const LOWERCASE = 0x20;
const C = 99;
const T = 116;
const LENGTH = "content-length";
const CODING = "transfer-encoding";

/** Finds the properties of the head that `bytes` begin with; undefined while it is incomplete. */
export function traitsOf(bytes: Buffer): HeadTraits | undefined {
  let isOdd = false;
  let isChunked = false;
  let lengths = 0;
  let isFirstLine = true;
  for (let i = 0; i < bytes.length; i += 1) {
    const byte = bytes[i] as number;
    if (byte >= 0x20 && byte < 0x7f) continue;
    if (byte !== LF) {
      // Obs-text is allowed, but in a reason phrase undici takes it for UTF-8.
      isOdd ||= byte < 0x80 ? byte !== 9 && !(byte === CR && bytes[i + 1] === LF) : isFirstLine;
      continue;
    }
    isFirstLine = false;
    isOdd ||= bytes[i - 1] !== CR;
    const next = bytes[i + 1];
    if (next === LF) return { end: i + 2, isOdd: true, isChunked };
    if (next === CR && bytes[i + 2] === LF) return { end: i + 3, isOdd, isChunked };
    const initial = (next ?? 0) | LOWERCASE;
    if (initial === C && isNamed(bytes, i + 1, LENGTH)) {
      lengths += 1;
      isOdd ||= lengths > 1 || hasComma(bytes, i + 1 + LENGTH.length);
    } else if (initial === T && isNamed(bytes, i + 1, CODING)) {
      const value = bytes.toString("latin1", i + 1 + CODING.length + 1, lineEnd(bytes, i + 1));
      isChunked ||= /chunked[ \t]*\r?\n/i.test(value);
      isOdd ||= !/^ *chunked\r\n$/i.test(value);
    } else if (next === 0x20 || next === 9) isOdd = true;
  }
  return undefined;
}

/** Whether the field at `at` has this name. */
function isNamed(head: Buffer, at: number, name: string): boolean {
  const end = at + name.length;
  return head[end] === COLON && head.toString("latin1", at, end).toLowerCase() === name;
}

function lineEnd(head: Buffer, from: number): number {
  return head.indexOf(LF, from) + 1;
}

function hasComma(head: Buffer, from: number): boolean {
  return head.toString("latin1", from, lineEnd(head, from)).includes(",");
}

/**
 * Mends a head without changing its meaning: line ends become CRLF (RFC 9112 §2.2), folded lines are joined (§5.2),
 * control characters in a value become spaces (RFC 9110 §5.5), a content-length that is repeated with one value is
 * given once (§8.6), and a transfer coding loses spaces and `identity`, which is no coding. Other faults stay.
 */
export function mendHead(head: Buffer): Buffer {
  const [statusLine = "", ...lines] = head.toString("latin1").split(/\r?\n/).slice(0, -2);
  const fields = withOneLength(unfolded(lines).map(mendValue).flatMap(mendCoding));
  // undici reads the reason phrase as UTF-8, and everything else as bytes.
  return Buffer.concat([
    Buffer.from(`${mendReason(statusLine)}\r\n`, "utf8"),
    Buffer.from(`${fields.map((line) => `${line}\r\n`).join("")}\r\n`, "latin1"),
  ]);
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
const CONTROL = /[\x00-\x08\x0a-\x1f\x7f]/g;

/** Where the status ends in a status line. */
const STATUS_END = "HTTP/1.1 200".length;

/** Drops a reason phrase with control characters: clients ignore the phrase (RFC 9112 §4). */
function mendReason(line: string): string {
  return line.search(CONTROL) === -1 ? line : line.slice(0, STATUS_END);
}

function unfolded(lines: readonly string[]): string[] {
  const out: string[] = [];
  for (const line of lines) {
    const last = out.length - 1;
    if (/^[ \t]/.test(line) && last >= 0) out[last] = `${out[last]} ${line.trim()}`;
    else out.push(line);
  }
  return out;
}

function mendValue(line: string): string {
  const colon = line.indexOf(":");
  return colon === -1 ? line : line.slice(0, colon) + line.slice(colon).replace(CONTROL, " ");
}

/** The parser knows a coding that is the only one, or comes right behind a comma. */
function mendCoding(line: string): string[] {
  if (!line.toLowerCase().startsWith(`${CODING}:`)) return [line];
  const codings = line
    .slice(CODING.length + 1)
    .split(",")
    .map((coding) => coding.trim());
  const real = codings.filter((coding) => !/^(?:identity)?$/i.test(coding));
  if (real.length === 0) return [];
  // What is behind chunked makes the end of the body doubtful.
  return real.at(-1) === codings.at(-1) ? [`${CODING}: ${real.join(", ")}`] : [line];
}

function withOneLength(lines: readonly string[]): readonly string[] {
  const isLength = (line: string): boolean => line.toLowerCase().startsWith(`${LENGTH}:`);
  const said = lines
    .filter(isLength)
    .flatMap((line) => line.slice(LENGTH.length + 1).split(","))
    .map((value) => value.trim());
  const [first] = said;
  if (said.length < 2 || first === undefined || said.some((value) => value !== first)) return lines;
  const at = lines.findIndex(isLength);
  return lines.flatMap((line, i) => {
    if (i === at) return [`${LENGTH}: ${first}`];
    return isLength(line) ? [] : [line];
  });
}
