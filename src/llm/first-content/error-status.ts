/** The HTTP status that an error inside a 200 stands for. */

import { type Json, type JsonObject, memberOf, toObject } from "./json.ts";

/**
 * The providers' words for what went wrong, in lower case.
 *
 * @see https://docs.anthropic.com/en/api/errors
 * @see https://platform.openai.com/docs/guides/error-codes
 * @see https://cloud.google.com/apis/design/errors#error_codes
 */
const STATUS_OF: Readonly<Record<string, number>> = {
  invalid_request_error: 400,
  invalid_request: 400,
  invalid_prompt: 400,
  context_length_exceeded: 400,
  content_filter: 400,
  content_policy_violation: 400,
  badrequesterror: 400,
  invalid_argument: 400,
  failed_precondition: 400,
  out_of_range: 400,
  authentication_error: 401,
  invalid_api_key: 401,
  unauthenticated: 401,
  billing_error: 402,
  permission_error: 403,
  permission_denied: 403,
  not_found_error: 404,
  not_found: 404,
  model_not_found: 404,
  request_too_large: 413,
  rate_limit_error: 429,
  rate_limit_exceeded: 429,
  rate_limit: 429,
  insufficient_quota: 429,
  tokens: 429,
  requests: 429,
  resource_exhausted: 429,
  too_many_requests: 429,
  unavailable: 503,
  service_unavailable: 503,
  timeout_error: 504,
  timeout: 504,
  deadline_exceeded: 504,
  overloaded_error: 529,
  overloaded: 529,
};

/** An error of no type is the server's. */
const UNKNOWN = 500;

/**
 * The status of the error in an event or a line, or undefined when there is none.
 *
 * @param name the event's `event` field, or empty
 */
export function errorIn(name: string, event: JsonObject | undefined): number | undefined {
  const error = errorOf(event);
  if (error !== undefined) return statusOf(error);
  return name === "error" ? statusOf(event ?? {}) : undefined;
}

function errorOf(event: JsonObject | undefined): JsonObject | undefined {
  if (event === undefined) return undefined;
  const { error, type, response } = event;
  if (typeof error === "string" && error !== "") return {};
  const own = toObject(error);
  if (own !== undefined) return own;
  if (type === "response.failed") return toObject(memberOf(response, "error")) ?? {};
  return type === "error" ? event : undefined;
}

/** The status of an error object, by its number if it has one, else by its words. */
export function statusOf({ status, status_code, code, type }: JsonObject): number {
  for (const value of [status, status_code, code]) {
    const number = typeof value === "string" && /^\d{3}$/.test(value) ? Number(value) : value;
    if (typeof number === "number" && number >= 400 && number <= 599) return number;
  }
  for (const value of [code, type, status]) {
    const found = byWord(value);
    if (found !== undefined) return found;
  }
  return UNKNOWN;
}

function byWord(word: Json): number | undefined {
  if (typeof word !== "string") return undefined;
  const key = word.toLowerCase();
  return Object.hasOwn(STATUS_OF, key) ? STATUS_OF[key] : undefined;
}
