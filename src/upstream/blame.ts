/**
 * What an answer says about its upstream: a pure table over its status, what its error says, and whose credentials were
 * sent. A 401, 402 or 429 for a client's own credentials is about that client. A 403 is about its request.
 */

import type { Meaning } from "../llm/meaning.ts";

/** What is known of an answer. */
export interface Assessed {
  /** Its own status, or the one that the error in its body stands for: 200–599. */
  readonly status: number;
  /** What the error in its body says, where that was read. */
  readonly meaning: Meaning | undefined;
  /** Whether it answers the proxy's own credentials. */
  readonly ownCredentials: boolean;
}

/** What is wrong with the proxy's own credentials. */
export type CredentialFault = "unauthorized" | "account_empty" | "invalid_key";

/** 4xx by which an upstream says that it, and not the request, is the trouble. */
const OVERWHELMED: ReadonlySet<number> = new Set([408, 429]);

/**
 * Cloudflare's statuses for an origin that it could not reach: no part of the request was delivered.
 *
 * @see https://developers.cloudflare.com/support/troubleshooting/http-status-codes/cloudflare-5xx-errors/
 */
export const ORIGIN_NOT_REACHED: readonly number[] = [521, 522, 523, 525, 526];

/**
 * 5xx by which an upstream, or Cloudflare for it, says that it is the trouble; a circuit breaker counts them as failures.
 * 529 is Anthropic's "overloaded". Other 5xx say more about the request than about the upstream.
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

const BREAKS: ReadonlySet<number> = new Set(UPSTREAM_FAILED);

/** Whether an error says that the account or the key of the credentials can't be used, so that waiting does not help. */
export function isAboutAccount(meaning: Meaning | undefined): boolean {
  return meaning === "insufficient_quota" || meaning === "invalid_key";
}

/** What an answer says about the proxy's own credentials; undefined where it says nothing, or answers a client's. */
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
 * Whether an answer shows strategies and the retry budget that its upstream fails. A 429 for a client's own credentials
 * does not: other clients are not limited.
 *
 * @param isClients whether the credentials are the client's; asked only for a 429
 */
export function speaksAgainst(answer: Assessed, isClients: () => boolean): boolean {
  return isUpstreamError(answer) && !(answer.status === 429 && isClients());
}

/** Whether a circuit breaker counts an answer of this status as a failure. */
export function isBreakerFailure(status: number): boolean {
  return BREAKS.has(status);
}
