import type { ByteStream, Bytes } from "../../../src/runtime/runtime.ts";
import { isDisturbed, nativeOf } from "./body.ts";

/** What a light request and a light answer have in common: the readers of a body, made from a native Response's. */
export abstract class LightMessage {
  abstract readonly headers: Headers;
  abstract readonly body: ByteStream | null;
  #used = false;

  get bodyUsed(): boolean {
    const { body } = this;
    return this.#used || (body !== null && isDisturbed(body));
  }

  #read(): Response {
    const { body } = this;
    if (this.bodyUsed || body?.locked) throw new TypeError("The body is being read, or has been.");
    this.#used = body !== null;
    const type = this.headers.get("content-type");
    return new Response(body && nativeOf(body), type === null ? {} : { headers: { "content-type": type } });
  }

  /** The body twice: to be kept, and for a clone. */
  protected branch(): readonly [ByteStream | null, ByteStream | null] {
    const { body } = this;
    if (this.bodyUsed) throw new TypeError("The body has been read.");
    return body === null ? [null, null] : body.tee();
  }

  async arrayBuffer(): Promise<ArrayBuffer> {
    return this.#read().arrayBuffer();
  }

  async bytes(): Promise<Bytes> {
    return new Uint8Array(await this.#read().arrayBuffer());
  }

  async blob(): Promise<Blob> {
    return this.#read().blob();
  }

  async formData(): Promise<FormData> {
    return this.#read().formData();
  }

  async json(): Promise<unknown> {
    return this.#read().json();
  }

  async text(): Promise<string> {
    return this.#read().text();
  }
}

/** Puts a light class in the family of a native one: `instanceof` says so. What the light one lacks does not work. */
export function passAs(light: object, native: object): void {
  Object.setPrototypeOf(
    light,
    Object.create(native, Object.getOwnPropertyDescriptors(LightMessage.prototype)),
  );
}
