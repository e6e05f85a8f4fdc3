/** Finds fields of a multipart form (RFC 7578). */

/** One character for each byte: a part of a form may be binary. */
const decoder = new TextDecoder("latin1");

const BOUNDARY = /^multipart\/form-data\s*;.*?\bboundary=(?:"([^"]+)"|([^\s;]+))/i;

/** Most characters of a part's header section that are looked at. */
const MAX_HEADER = 1024;

/** Longest value (characters). */
const MAX_VALUE = 1024;

/** The value of a field; undefined where the form does not have it. */
export type FieldLookup = (name: string) => string | undefined;

/** Creates the lookup of a form's fields; undefined for a body that is not a form. */
export function createFieldLookup(contentType: string | null, bytes: Uint8Array): FieldLookup | undefined {
  const match = contentType === null ? null : BOUNDARY.exec(contentType);
  const boundary = match?.[1] ?? match?.[2];
  if (boundary === undefined) return undefined;
  const text = decoder.decode(bytes);
  return (name) => fieldIn(text, `--${boundary}`, name);
}

/** The value of the first field called `name` that is not a file, if it is at most {@link MAX_VALUE} long. */
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
    const header = text.slice(begin, Math.min(headerEnd, begin + MAX_HEADER));
    if (wanted.test(header) && next - headerEnd <= MAX_VALUE) return text.slice(headerEnd + 4, next);
    at = next + 2;
  }
  return undefined;
}
