/** The status and the meaning of an error. */
export interface Sense {
  /**
   * 400–599: the answer's own, or the one that its error means: in a 200, and in a 5xx whose meaning is a
   * `context_length`.
   */
  readonly status: number;
  readonly meaning: Meaning | undefined;
}

/**
 * What a provider's error says beyond its HTTP status.
 *
 * - `context_length`: the request's context does not fit the model; another model may take it.
 * - `insufficient_quota`: the account is empty, unpaid or over its spending limit. It affects every request with these
 *   credentials, and waiting does not help.
 * - `invalid_key`: the credentials are unknown, revoked or expired.
 * - `rate_limit`: too many requests or tokens for now.
 * - `overloaded`: the provider or the model has no capacity for now.
 */
export type Meaning = "context_length" | "insufficient_quota" | "invalid_key" | "rate_limit" | "overloaded";
