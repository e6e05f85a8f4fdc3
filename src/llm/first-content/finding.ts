/** The result of a scan of an answer, and the interface of scans. */

import type { Sense } from "../meaning.ts";

export type Finding =
  /**
   * Text, reasoning, a refusal, a tool call, audio, a finish reason; or an unknown form (`known`: false), whose first
   * byte counts as content.
   */
  | { readonly type: "content"; readonly known: boolean }
  /** An error in place of content. */
  | ({ readonly type: "error" } & Sense);

/** Scans an answer's body as it comes. After a finding neither function may be called again. Neither throws. */
export interface Scan {
  /** Takes the next bytes of the body. */
  push(bytes: Uint8Array): Finding | undefined;
  /** Judges what is unfinished when the body has ended. Undefined: it had no content. */
  end(): Finding | undefined;
}
