/**
 * Decides what an answer says about its upstream, from its status, what its error says, and whose credentials were
 * sent. A 401, 402 or 429 for a client's own credentials is about that client. A 403 is about its request.
 */

import type { Meaning } from "../llm/meaning.ts";

/** The facts of an answer that blame depends on. */
export interface Assessed {
  /** The answer's status, or that of the error in its body: 200–599. */
  readonly status: number;
  /** What the error in its body says, where that was read. */
  readonly meaning: Meaning | undefined;
  /** Whether it answers the proxy's own credentials. */
  readonly ownCredentials: boolean;
}

/** A fault of the proxy's own credentials. */
export type CredentialFault = "unauthorized" | "account_empty" | "invalid_key";

/** 4xx statuses that are about the upstream's load or speed, not about the request. */
export const OVERWHELMED: ReadonlySet<number> = new Set([408, 429]);

/**
 * Cloudflare's statuses for an origin that it could not reach: no part of the request was delivered.
 *
 * @see https://developers.cloudflare.com/support/troubleshooting/http-status-codes/cloudflare-5xx-errors/
 */
export const ORIGIN_NOT_REACHED: readonly number[] = [521, 522, 523, 525, 526];

/**
 * 5xx statuses that a circuit breaker counts as failures of the upstream: its own, and Cloudflare's about it. 529 is
 * Anthropic's "overloaded". Other 5xx say more about the request than about the upstream.
 */
export const UPSTREAM_FAILED: readonly number[] = [
  500,
  502,
  503,
  504,
  520,
  524,
  527,
  529,
  530,
  ...ORIGIN_NOT_REACHED,
];

const BREAKER_FAILURES: ReadonlySet<number> = new Set(UPSTREAM_FAILED);

/** Whether an error says that the account is empty or the key invalid, so that waiting does not help. */
export function isAboutAccount(meaning: Meaning | undefined): boolean {
  return meaning === "insufficient_quota" || meaning === "invalid_key";
}

/** The fault of the proxy's own credentials that an answer reports; undefined where it reports none. */
export function credentialFaultOf({
  status,
  meaning,
  ownCredentials,
}: Assessed): CredentialFault | undefined {
  if (!ownCredentials) return undefined;
  if (status === 401) return "unauthorized";
  if (meaning === "invalid_key") return "invalid_key";
  return status === 402 || meaning === "insufficient_quota" ? "account_empty" : undefined;
}

/** Whether an answer counts as an error of its upstream in metrics. */
export function isUpstreamError(answer: Assessed): boolean {
  const { status } = answer;
  return status >= 500 || OVERWHELMED.has(status) || credentialFaultOf(answer) !== undefined;
}

/**
 * Whether an answer counts as a failure of its upstream for strategies and the retry budget. A 429 for a client's own
 * credentials does not: other clients are not limited.
 *
 * @param isClients whether the credentials are the client's; asked only for a 429
 */
export function countsAgainst(answer: Assessed, isClients: () => boolean): boolean {
  return isUpstreamError(answer) && !(answer.status === 429 && isClients());
}

/** Whether a circuit breaker counts an answer of this status as a failure. */
export function isBreakerFailure(status: number): boolean {
  return BREAKER_FAILURES.has(status);
}
