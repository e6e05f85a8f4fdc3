import type { HeaderPair } from "../../src/runtime.ts";

/** RFC 9110 §5.6.2. */
const TOKEN = /^[\w!#$%&'*+.^`|~-]+$/;
/** What a value must not have: control characters, and what is no byte. */
const FORBIDDEN = /[^\t\x20-\x7e\x80-\xff]/g;

/**
 * Fields that a runtime refuses to send, as it sends them: a control character in a value becomes a space (RFC 9110
 * §5.5), and a field whose name is no token is dropped.
 */
export function mended(fields: readonly HeaderPair[]): HeaderPair[] {
  return fields
    .filter(([name]) => TOKEN.test(name))
    .map(([name, value]) => [name, value.replace(FORBIDDEN, " ")]);
}
