import {
  type ByteStream,
  type ClientOptions,
  type FetchInit,
  type HeaderPair,
  TransportError,
  type UpstreamFetch,
} from "../../src/runtime.ts";
import { checkCa, createClient } from "../common/client.ts";
import { unlessAborted } from "../common/unless-aborted.ts";
import { judgeCertificate } from "./certificate.ts";
import { toTransportError } from "./errors.ts";

/** Unused connections that are kept. */
const MAX_IDLE = 1024;

/** A client of one upstream with a pool of its own, over Deno's fetch. */
export function createFetch(options: ClientOptions): UpstreamFetch {
  checkCa(options.ca);
  const client = Deno.createHttpClient(clientOptions(options, MAX_IDLE));
  /** One that keeps no connection has none that is stale. */
  let unpooled: Deno.HttpClient | undefined;

  function clientFor({ fresh }: FetchInit): Deno.HttpClient {
    if (!fresh) return client;
    unpooled ??= Deno.createHttpClient(clientOptions(options, 0));
    return unpooled;
  }

  return createClient(options, {
    async send(url, init) {
      // Through a proxy nothing but fetch gets to the upstream.
      if (init.body instanceof ReadableStream && options.proxy === undefined) {
        await unlessAborted(judgeCertificate(url, options.ca), init.signal);
      }
      const response = await fetch(url, requestInit(init, clientFor(init)));
      checkCoding(response.headers);
      return response;
    },
    toTransportError,
    close() {
      client.close();
      unpooled?.close();
    },
  });
}

function clientOptions(
  { idleTimeout, ca, proxy }: ClientOptions,
  maxIdle: number,
): Deno.CreateHttpClientOptions {
  return {
    http1: true,
    http2: false,
    poolIdleTimeout: idleTimeout,
    poolMaxIdlePerHost: maxIdle,
    ...(ca !== undefined && { caCerts: [ca] }),
    ...(proxy !== undefined && { proxy: toProxy(proxy) }),
  };
}

function toProxy({ url, authorization }: NonNullable<ClientOptions["proxy"]>): Deno.Proxy {
  return { url, ...(authorization !== undefined && { basicAuth: toBasicAuth(authorization) }) };
}

/** Deno writes Proxy-Authorization itself. @throws for another scheme than Basic (RFC 7617). */
function toBasicAuth(authorization: string): Deno.BasicAuth {
  const credentials = /^Basic (\S+)$/i.exec(authorization)?.[1];
  if (credentials === undefined) throw new Error("Deno's client knows only Basic for a proxy");
  const text = new TextDecoder().decode(Uint8Array.from(atob(credentials), (char) => char.charCodeAt(0)));
  const colon = text.indexOf(":");
  return { username: text.slice(0, colon), password: text.slice(colon + 1) };
}

function requestInit(
  init: FetchInit,
  client: Deno.HttpClient,
): RequestInit & { readonly client: Deno.HttpClient } {
  return {
    client,
    method: init.method,
    headers: withIdentity(init.headers),
    body: toBody(init),
    signal: init.signal,
    redirect: "manual",
  };
}

/** Deno decodes gzip and br, which would leave content-encoding and length wrong, unless `identity` alone is asked for. */
function withIdentity(headers: readonly HeaderPair[]): [string, string][] {
  const out = headers.filter(([name]) => name !== "accept-encoding");
  out.push(["accept-encoding", "identity"]);
  return out as [string, string][];
}

/**
 * Deno sends bytes, and nothing at all, a second time unseen when a reused connection dies after they were read. A blob
 * is sent once, and with its length too.
 */
function toBody({ method, body, repeatable }: FetchInit): Blob | ByteStream | null {
  if (body instanceof ReadableStream) return body;
  if (body !== null) return new Blob([body]);
  return repeatable || IDEMPOTENT.has(method) ? null : new Blob([]);
}

/** RFC 9110 §9.2.2. */
const IDEMPOTENT: ReadonlySet<string> = new Set(["GET", "HEAD", "OPTIONS", "PUT", "DELETE"]);

/** hyper hands out bodies in transfer codings that nobody undid (RFC 9112 §6.1). */
function checkCoding(headers: Headers): void {
  const coding = headers.get("transfer-encoding");
  if (coding === null || coding.toLowerCase() === "chunked") return;
  throw new TransportError("bad_response", false, `the answer's transfer coding is ${coding}`);
}
