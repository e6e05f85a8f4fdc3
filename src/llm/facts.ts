/** Facts of one request to an LLM API, each computed when it is first asked for. */

import type { Endpoint } from "./endpoints.ts";
import { createFieldLookup, type FieldLookup } from "./form-field.ts";
import type { JsonObject } from "./json.ts";
import { modelInPath } from "./model-in-path.ts";
import { topLevelMembers } from "./top-level.ts";

/** The parts of a request that facts are found in. */
export interface FactSource {
  readonly method: string;
  /** Without the query; begins with `/`. */
  readonly path: string;
  /** Empty, or begins with `?`. */
  readonly query: string;
  readonly headers: Headers;
  /** Only a kept body is read. */
  readonly body:
    | { readonly type: "none" }
    | { readonly type: "stream" }
    | { readonly type: "kept"; readonly bytes: Uint8Array };
}

export interface RequestFacts {
  /** The inference endpoint that the request reaches, or undefined when it reaches none. */
  readonly endpoint: Endpoint | undefined;
  /**
   * Whether the request may be sent a second time although the first may have been carried out: its method is
   * idempotent (RFC 9110 §9.2.2), it has an Idempotency-Key that is not empty, or it is a POST that only computes an answer. May parse
   * the body.
   */
  readonly repeatable: boolean;
  /** Whether the client asks for a stream. May parse the body. */
  wantsStream(): boolean;
  /**
   * The model that the request names, as the client wrote it; undefined when it names none, or by more than 256
   * characters. May parse the body.
   */
  model(): string | undefined;
}

const IDEMPOTENT: ReadonlySet<string> = new Set(["GET", "HEAD", "PUT", "DELETE", "OPTIONS"]);

/** Longest name of a model (characters). */
const MAX_MODEL = 256;

const ALT_SSE = /[?&]alt=sse(?:&|$)/i;

const MAY_STORE = /"(?:conversation|background)"|\\u|\0/;

const TRUE = /^(?:true|1)$/i;

/** The members of a body that facts are read from. */
const MEMBERS = ["stream", "stream_format", "model", "conversation", "background"];

const decoder = new TextDecoder();

/**
 * Creates the facts of a request.
 *
 * @param endpoint the endpoint that its path reaches at the upstreams
 */
export function createRequestFacts(source: FactSource, endpoint: Endpoint | undefined): RequestFacts {
  return new Facts(source, endpoint);
}

/** A class, because a request whose facts are not asked for then costs one object. */
class Facts implements RequestFacts {
  readonly endpoint: Endpoint | undefined;
  readonly #source: FactSource;
  #repeatable: boolean | undefined;
  #text: string | undefined;
  #json: { readonly value: JsonObject | undefined } | undefined;
  #field: { readonly lookup: FieldLookup | undefined } | undefined;

  constructor(source: FactSource, endpoint: Endpoint | undefined) {
    this.#source = source;
    this.endpoint = endpoint;
  }

  get repeatable(): boolean {
    this.#repeatable ??= this.#isRepeatable();
    return this.#repeatable;
  }

  wantsStream(): boolean {
    const { path, query, headers } = this.#source;
    if (this.endpoint?.streams === "always" || path.endsWith(":streamGenerateContent")) return true;
    if (headers.get("accept")?.toLowerCase().includes("text/event-stream")) return true;
    // DashScope's own API.
    if (headers.get("x-dashscope-sse")?.toLowerCase() === "enable") return true;
    return ALT_SSE.test(query) || this.#bodyAsksForStream();
  }

  model(): string | undefined {
    const model =
      modelInPath(this.#source.path) ?? (this.#isForm() ? this.#fieldOf("model") : this.#member("model"));
    return typeof model === "string" && model !== "" && model.length <= MAX_MODEL ? model : undefined;
  }

  #isRepeatable(): boolean {
    const { method, headers } = this.#source;
    if (IDEMPOTENT.has(method) || (headers.get("idempotency-key") ?? "").trim() !== "") return true;
    if (method !== "POST" || this.endpoint === undefined) return false;
    return this.endpoint.name !== "responses" || this.#isPureResponse();
  }

  /**
   * Whether a request for `/responses` only computes an answer. A `conversation` gets items that later requests see,
   * and `background` starts a job that goes on without its client. `store` leaves a response that nothing refers to,
   * and `previous_response_id` only reads: with either a second send does no harm. A body that can't be read, because it
   * is compressed or in UTF-16, may have any of them.
   */
  #isPureResponse(): boolean {
    if (isCoded(this.#source.headers)) return false;
    const text = this.#bodyText();
    // Most bodies have neither word and need no parsing. A key may be written with escapes. JSON in UTF-16 has NULs.
    if (!MAY_STORE.test(text)) return text !== "";
    const body = this.#body();
    if (body === undefined) return false;
    const { conversation, background } = body;
    return (conversation ?? null) === null && (background ?? false) === false;
  }

  #bodyAsksForStream(): boolean {
    if (this.#isForm()) return TRUE.test(this.#fieldOf("stream") ?? "");
    const text = this.#bodyText();
    if (this.endpoint?.streams === "unless_refused") {
      return text !== "" && !(text.includes('"stream"') && this.#member("stream") === false);
    }
    // Most bodies that ask for no stream do not have the word and need no parsing.
    if (!text.includes('"stream')) return false;
    // OpenAI's speech has a `stream_format`.
    return this.#member("stream") === true || this.#member("stream_format") === "sse";
  }

  /** A member of a body that is a JSON object. */
  #member(name: string): unknown {
    return this.#body()?.[name];
  }

  #body(): JsonObject | undefined {
    this.#json ??= { value: topLevelMembers(this.#bodyText(), MEMBERS) };
    return this.#json.value;
  }

  /** Empty where the body may not be read. */
  #bodyText(): string {
    const { body } = this.#source;
    this.#text ??= body.type === "kept" ? decoder.decode(body.bytes) : "";
    return this.#text;
  }

  #isForm(): boolean {
    return this.#source.headers.get("content-type")?.startsWith("multipart/") ?? false;
  }

  #fieldOf(name: string): string | undefined {
    const { body, headers } = this.#source;
    this.#field ??= {
      lookup: body.type === "kept" ? createFieldLookup(headers.get("content-type"), body.bytes) : undefined,
    };
    return this.#field.lookup?.(name);
  }
}

/** Whether a body is compressed (RFC 9110 §8.4). */
function isCoded(headers: Headers): boolean {
  return (headers.get("content-encoding") ?? "identity").trim().toLowerCase() !== "identity";
}
