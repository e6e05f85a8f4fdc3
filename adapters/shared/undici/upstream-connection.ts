import type { Opened } from "./connect.ts";
import type { Wire } from "./wire/wire.ts";

/** A connection to an upstream. */
export interface Connection extends Opened {
  /** Answers that came over it whole. */
  answers: number;
  readonly wire: Wire;
  /** The error of a write that failed while an answer could still be read. */
  readonly writeError: () => NodeJS.ErrnoException | undefined;
  /** Closes it at the end of its idle limit. */
  closeTimer?: NodeJS.Timeout;
}
