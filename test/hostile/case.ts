/** What a hostile case is: the bytes that a client sends, and what may become of them. */

import type { ProgramName } from "../support/program-command.ts";
import type { RawConnection } from "../support/raw-client.ts";

export interface Case {
  readonly name: string;
  /** Bytes as Latin-1 text, or a function that sends them. */
  readonly send: string | ((connection: RawConnection) => Promise<void>);
  readonly allowed: Allowed;
  /** How many answers its bytes ask for. @default 1 */
  readonly answers?: number;
  /** A field that is looked at upstream, too. */
  readonly field?: string;
  /** How long an answer is waited for (ms). @default 8000 */
  readonly patience?: number;
  /** Whether it takes longer than `npm test` has. */
  readonly slow?: boolean;
  /** Where a runtime can't, what is seen instead, and why. */
  readonly except?: Readonly<Partial<Record<ProgramName, Exception>>>;
}

/** Nothing ambiguous is ever allowed upstream; this is what else is asked. */
export interface Allowed {
  /**
   * What the client may be told where its request, or what follows the ones of `passed`, is not sent on: a status, or
   * `closed` without one. Empty: it must be sent on.
   */
  readonly refused: readonly (number | "closed")[];
  /** Lists of what may be sent upstream instead, each request as {@link summaryOf} writes it. */
  readonly passed?: readonly (readonly string[])[];
  /** Whether a refusal may leave the connection for a next request, also where the section says that it has to end. */
  readonly kept?: boolean;
  /** Whether what was sent upstream may be without an answer: the connection was closed. */
  readonly unanswered?: boolean;
  /** Whether the connection may be left as it is, without an answer. @default false */
  readonly open?: boolean;
}

export interface Exception {
  /** What the runtime does, in one sentence. */
  readonly why: string;
  /** Why that is harmless or not, and what a user can do. */
  readonly advice: string;
  readonly allowed: Allowed;
}

/** Cases of one subject. */
export interface Section {
  readonly title: string;
  /** Whether a refusal has to end the connection: nobody can know where the next request begins. */
  readonly closes: boolean;
  readonly cases: readonly Case[];
}

/** The only thing that is ever allowed: to be refused with one of these, 400 if none is named. */
export function refused(...statuses: readonly (number | "closed")[]): Allowed {
  return { refused: statuses.length > 0 ? statuses : [400, "closed"] };
}

/** To be sent on as these requests, one after the other. */
export function passed(...requests: readonly string[]): Allowed {
  return { refused: [], passed: [requests] };
}

/** Either. */
export function refusedOrPassed(...requests: readonly string[]): Allowed {
  return { refused: [400, "closed"], passed: [requests] };
}

/** Bun and the binary alike. */
export function onBun(exception: Exception): NonNullable<Case["except"]> {
  return { bun: exception, binary: exception };
}
