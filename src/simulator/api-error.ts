/** Whose wire format a request speaks. */
export type Dialect = "openai" | "anthropic" | "ollama";

export interface ApiErrorDetails {
  /** OpenAI's `code`. */
  readonly code?: string;
  /** OpenAI's `param`: the field at fault. */
  readonly param?: string;
  /** Seconds. */
  readonly retryAfter?: number;
}

/** A refusal, thrown anywhere in a handler and put into the provider's own words by {@link errorResponse}. */
export class ApiError extends Error {
  override readonly name = "ApiError";
  readonly status: number;
  readonly details: ApiErrorDetails;

  constructor(status: number, message: string, details: ApiErrorDetails = {}) {
    super(message);
    this.status = status;
    this.details = details;
  }
}

/** Ollama by its paths, Anthropic by its paths and by the header its SDKs always send; all else is OpenAI's. */
export function dialectOf(request: Request): Dialect {
  const { pathname } = new URL(request.url);
  if (pathname.startsWith("/api/")) return "ollama";
  if (pathname.startsWith("/v1/messages") || request.headers.has("anthropic-version")) return "anthropic";
  return "openai";
}

/** @see https://platform.openai.com/docs/guides/error-codes */
const OPENAI: ReadonlyMap<number, { readonly type: string; readonly code: string | null }> = new Map([
  [400, { type: "invalid_request_error", code: null }],
  [401, { type: "invalid_request_error", code: "invalid_api_key" }],
  [404, { type: "invalid_request_error", code: null }],
  [429, { type: "requests", code: "rate_limit_exceeded" }],
]);

/** @see https://docs.anthropic.com/en/api/errors */
const ANTHROPIC: ReadonlyMap<number, string> = new Map([
  [400, "invalid_request_error"],
  [401, "authentication_error"],
  [402, "billing_error"],
  [403, "permission_error"],
  [404, "not_found_error"],
  [413, "request_too_large"],
  [429, "rate_limit_error"],
  [504, "timeout_error"],
  [529, "overloaded_error"],
]);

/** The provider's own error body. */
export function errorBody(error: ApiError, dialect: Dialect, requestId: string): object {
  const { status, message, details } = error;
  const client = status < 500;
  if (dialect === "ollama") return { error: message };
  if (dialect === "anthropic") {
    const type = ANTHROPIC.get(status) ?? (client ? "invalid_request_error" : "api_error");
    return { type: "error", error: { type, message }, request_id: requestId };
  }
  const known = OPENAI.get(status) ?? { type: client ? "invalid_request_error" : "server_error", code: null };
  const { code = known.code, param = null } = details;
  return { error: { message, type: known.type, param, code } };
}

export function errorResponse(error: ApiError, dialect: Dialect, requestId: string): Response {
  const headers = new Headers({ "content-type": "application/json" });
  if (error.details.retryAfter !== undefined) headers.set("retry-after", String(error.details.retryAfter));
  return new Response(JSON.stringify(errorBody(error, dialect, requestId)), {
    status: error.status,
    headers,
  });
}
