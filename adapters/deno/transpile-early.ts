import * as modules from "node:module";

/** Of @types/node from 22 on. */
interface Transpiler {
  readonly stripTypeScriptTypes?: (code: string) => string;
}

/** Before an `if` the parser looks how much stack is left. */
const STATEMENT = "if (a) { b }";

/**
 * Has Deno's parser find the limit of this thread's stack, which it does once and by reading `/proc/self/maps`. Deno parses
 * a module again where an error's stack names it and the source map can't be read: without a file descriptor for either,
 * Deno would panic and the process end.
 */
export function transpileEarly(): void {
  (modules as Transpiler).stripTypeScriptTypes?.(STATEMENT);
}
