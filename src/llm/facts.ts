/** What is known of one request to an LLM API: found when first asked for, and kept. */

import { endpointOf } from "./endpoints.ts";
import { toObject } from "./first-content/json.ts";

/** The parts of a request that facts are found in. */
export interface FactSource {
  readonly method: string;
  /** Without the query; begins with `/`. */
  readonly path: string;
  /** Empty, or begins with `?`. */
  readonly query: string;
  readonly headers: Headers;
  /** Only a kept body is looked into. */
  readonly body:
    | { readonly type: "none" }
    | { readonly type: "stream" }
    | { readonly type: "kept"; readonly bytes: Uint8Array };
}

export interface RequestFacts {
  /** The name of the inference endpoint that the request is for, or undefined when its path is none. */
  readonly endpoint: string | undefined;
  /**
   * Whether the request may be sent a second time although the first may have been carried out: its method is
   * idempotent (RFC 9110 §9.2.2), it has an Idempotency-Key, or it is a POST that only computes an answer.
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
const LONGEST_MODEL = 256;

const decoder = new TextDecoder();

export function createRequestFacts(source: FactSource): RequestFacts {
  return new Facts(source);
}

class Facts implements RequestFacts {
  readonly endpoint: string | undefined;
  readonly repeatable: boolean;
  readonly #source: FactSource;
  #text: string | undefined;
  #json: Readonly<Record<string, unknown>> | undefined;
  #isParsed = false;

  constructor(source: FactSource) {
    const { method, path, headers } = source;
    this.#source = source;
    this.endpoint = endpointOf(path);
    this.repeatable =
      IDEMPOTENT.has(method) ||
      (method === "POST" && this.endpoint !== undefined) ||
      headers.has("idempotency-key");
  }

  wantsStream(): boolean {
    const { path, headers } = this.#source;
    if (headers.get("accept")?.toLowerCase().includes("text/event-stream")) return true;
    if (path.endsWith(":streamGenerateContent")) return true;
    // Most bodies that are not for a stream don't have the word: they needn't be parsed.
    return this.#bodyText().includes('"stream"') && this.#body()?.["stream"] === true;
  }

  model(): string | undefined {
    const { path } = this.#source;
    const model = modelInPath(path) ?? this.#body()?.["model"];
    return typeof model === "string" && model !== "" && model.length <= LONGEST_MODEL ? model : undefined;
  }

  #bodyText(): string {
    const { body } = this.#source;
    this.#text ??= body.type === "kept" ? decoder.decode(body.bytes) : "";
    return this.#text;
  }

  /** The body, where it is a JSON object. */
  #body(): Readonly<Record<string, unknown>> | undefined {
    if (!this.#isParsed) {
      this.#isParsed = true;
      this.#json = parseObject(this.#bodyText());
    }
    return this.#json;
  }
}

function parseObject(text: string): Readonly<Record<string, unknown>> | undefined {
  try {
    return toObject(JSON.parse(text));
  } catch {
    return undefined;
  }
}

/** Gemini and Vertex: `/models/{model}:method`; Azure: `/deployments/{model}/`; Bedrock: `/model/{model}/`. */
const MODEL_IN_PATH = /\/(?:models\/([^/]+):[^/:]+$|(?:deployments|model)\/([^/]+)\/)/;

function modelInPath(path: string): string | undefined {
  const match = MODEL_IN_PATH.exec(path);
  const name = match?.[1] ?? match?.[2];
  if (name === undefined) return undefined;
  try {
    return decodeURIComponent(name);
  } catch {
    return name;
  }
}
