/** What is found in an answer, and what a scan of one form has to do. */

import type { Sense } from "../recognise.ts";

export type Finding =
  /**
   * Text, reasoning, a refusal, a tool call, audio, a finish reason; or a form that isn't known (`known`: false), whose
   * first byte is as good as any.
   */
  | { readonly type: "content"; readonly known: boolean }
  /** An error in place of content. */
  | ({ readonly type: "error" } & Sense);

/** Both functions are not to be called any more once one has found something; they never throw. */
export interface Scan {
  /** Takes the next bytes of the body. */
  push(bytes: Uint8Array): Finding | undefined;
  /** The body has ended: judges what is unfinished. Undefined: there was nothing in it. */
  end(): Finding | undefined;
}
