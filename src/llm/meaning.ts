/**
 * What a provider's error says, where its HTTP status alone does not say it.
 *
 * - `context_length`: the request's context does not fit the model; another model may take it.
 * - `insufficient_quota`: the account is empty, unpaid or over its spending limit. It affects every request with these
 *   credentials, and waiting does not help.
 * - `invalid_key`: the credentials are unknown, revoked or expired.
 * - `rate_limit`: too many requests or tokens for now.
 * - `overloaded`: the provider or the model has no capacity for now.
 */
export type Meaning = "context_length" | "insufficient_quota" | "invalid_key" | "rate_limit" | "overloaded";
