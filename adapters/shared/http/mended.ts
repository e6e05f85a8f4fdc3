import type { HeaderPair } from "../../../src/runtime/runtime.ts";

/** RFC 9110 §5.6.2. */
const TOKEN = /^[\w!#$%&'*+.^`|~-]+$/;
/** Characters that a value must not have: control characters, and those above U+00FF, which are no bytes. */
const FORBIDDEN = /[^\t\x20-\x7e\x80-\xff]/g;

/**
 * Makes fields acceptable to a runtime that refuses to send them: a control character in a value becomes a space (RFC
 * 9110 §5.5), and a field whose name is not a token is dropped.
 */
export function mended(fields: readonly HeaderPair[]): HeaderPair[] {
  return fields
    .filter(([name]) => TOKEN.test(name))
    .map(([name, value]) => [name, value.replace(FORBIDDEN, " ")]);
}
