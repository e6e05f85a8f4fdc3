import type { Write } from "../shared/node-api/output.ts";

/** Writes to standard output off the event loop, which Deno's `node:fs` blocks while a pipe is full. */
export const writeOut: Write = (bytes, done) => {
  Deno.stdout.write(bytes).then(
    (written) => done(null, written),
    (error: { readonly code?: string }) => done(error, 0),
  );
};
