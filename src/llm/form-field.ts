/** One field of a multipart form (RFC 7578). */

/** Bytes as characters of one byte each: a form may hold anything. */
const decoder = new TextDecoder("latin1");

const BOUNDARY = /^multipart\/form-data\s*;.*?\bboundary=(?:"([^"]+)"|([^\s;]+))/i;

/** Most characters of a part's header section that are looked at. */
const LONGEST_HEADER = 1024;

/** Longest value (characters). */
const LONGEST_VALUE = 1024;

export type FieldLookup = (name: string) => string | undefined;

/** Prepares a form's fields, or returns undefined for a body that is no form. */
export function createFieldLookup(contentType: string | null, bytes: Uint8Array): FieldLookup | undefined {
  const match = contentType === null ? null : BOUNDARY.exec(contentType);
  const boundary = match?.[1] ?? match?.[2];
  if (boundary === undefined) return undefined;
  const text = decoder.decode(bytes);
  return (name) => fieldIn(text, `--${boundary}`, name);
}

/** The value of the first field called `name` that is not a file, if it is at most {@link LONGEST_VALUE} long. */
function fieldIn(text: string, delimiter: string, name: string): string | undefined {
  const wanted = new RegExp(
    String.raw`^content-disposition:[^\r\n]*;\s*name=(?:"${name}"|${name}(?=[\s;]|$))`,
    "im",
  );
  for (let at = text.indexOf(delimiter); at >= 0; ) {
    const begin = at + delimiter.length;
    const headerEnd = text.indexOf("\r\n\r\n", begin);
    const next = text.indexOf(`\r\n${delimiter}`, begin);
    if (headerEnd < 0 || next < 0) return undefined;
    const header = text.slice(begin, Math.min(headerEnd, begin + LONGEST_HEADER));
    if (wanted.test(header) && next - headerEnd <= LONGEST_VALUE) return text.slice(headerEnd + 4, next);
    at = next + 2;
  }
  return undefined;
}
