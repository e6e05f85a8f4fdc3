import type { ByteStream, Bytes, HeaderPair, Runtime } from "../../../src/runtime/runtime.ts";
import { toBody } from "./body.ts";
import { LightHeaders } from "./headers.ts";
import { LightMessage, passAs } from "./message.ts";
import { createSource } from "./source.ts";

/**
 * A light `Response`: an answer without the 33 µs that a native one costs. Its fields are made a `Headers` of, and its
 * bytes a stream, when one is asked for.
 */
export class LightResponse extends LightMessage {
  readonly status: number;
  readonly statusText: string;
  readonly type = "default";
  readonly url = "";
  readonly redirected = false;
  readonly #payload: ByteStream | Bytes | null;
  readonly #fields: readonly HeaderPair[];
  #headers: Headers | undefined;
  #body: ByteStream | null | undefined;

  constructor(
    payload: ByteStream | Bytes | null,
    head: {
      readonly status: number;
      readonly statusText: string;
      readonly headers: readonly HeaderPair[] | LightHeaders;
    },
  ) {
    super();
    this.status = head.status;
    this.statusText = head.statusText;
    this.#payload = payload;
    if (head.headers instanceof LightHeaders) {
      this.#headers = head.headers;
      this.#fields = [];
    } else this.#fields = head.headers;
  }

  get ok(): boolean {
    return this.status >= 200 && this.status < 300;
  }

  get headers(): Headers {
    this.#headers ??= LightHeaders.from(this.#fields.flat());
    return this.#headers;
  }

  get body(): ByteStream | null {
    if (this.#body === undefined) {
      this.#body = this.#payload instanceof Uint8Array ? streamOf(this.#payload) : this.#payload;
    }
    return this.#body;
  }

  /** The fields, in order, without making a `Headers` where none was asked for. */
  fields(): Iterable<HeaderPair> {
    return this.#headers ?? this.#fields;
  }

  /** The body as it was given: as bytes where no stream was asked for. */
  payload(): ByteStream | Bytes | null {
    return this.#body === undefined ? this.#payload : this.#body;
  }

  clone(): Response {
    const { status, statusText, headers } = this;
    const [own, other] = this.branch();
    this.#body = own;
    return new Response(other, { status, statusText, headers: [...headers] });
  }
}

passAs(LightResponse.prototype, Response.prototype);

function streamOf(bytes: Bytes): ByteStream {
  const source = createSource({ resume() {}, cancel() {} });
  if (bytes.byteLength > 0) source.push(bytes);
  source.done();
  return toBody(source);
}

export const createResponse: Runtime["createResponse"] = (body, head) =>
  new LightResponse(body, head) as unknown as Response;

/** An upstream's answer. */
export function toResponse(
  status: number,
  statusText: string,
  headers: LightHeaders,
  body: ByteStream | null,
): Response {
  return new LightResponse(body, { status, statusText, headers }) as unknown as Response;
}
