import type { ByteStream } from "../../src/runtime.ts";
import type { LightHeaders } from "./headers.ts";
import { LightMessage, passAs } from "./message.ts";

/** A light `Response`: what an upstream answered, without the 33 µs that a native one costs. */
class LightResponse extends LightMessage {
  readonly status: number;
  readonly statusText: string;
  readonly headers: Headers;
  readonly body: ByteStream | null;
  readonly type = "default";
  readonly url = "";
  readonly redirected = false;

  constructor(status: number, statusText: string, headers: LightHeaders, body: ByteStream | null) {
    super();
    this.status = status;
    this.statusText = statusText;
    this.headers = headers;
    this.body = body;
  }

  get ok(): boolean {
    return this.status >= 200 && this.status < 300;
  }

  clone(): Response {
    const { status, statusText, headers, body } = this;
    return new Response(body, { status, statusText, headers: [...headers] }).clone();
  }
}

passAs(LightResponse.prototype, Response.prototype);

export function toResponse(
  status: number,
  statusText: string,
  headers: LightHeaders,
  body: ByteStream | null,
): Response {
  return new LightResponse(status, statusText, headers, body) as unknown as Response;
}
