import type { ClientOptions, FetchInit, UpstreamFetch } from "../../src/runtime/runtime.ts";
import { idleLimit } from "../shared/http/keep-alive.ts";
import { clock } from "../shared/node-api/clock.ts";
import type { Descriptors } from "../shared/node-api/descriptors.ts";
import { toTransportError } from "./errors.ts";
import { createSessions } from "./sessions.ts";
import { checkCa, createClient, type NativeFetch } from "./timed-client.ts";
import { openSocket } from "./websocket/open-socket.ts";

/** A client of one upstream with a pool of its own, over Bun's fetch. */
export function createFetch(options: ClientOptions, descriptors: Descriptors): UpstreamFetch {
  checkCa(options.ca);
  const { idleTimeout } = options;
  const sessions = createSessions({ open: (idle) => createSession(options, idle), idleTimeout, clock });
  const native: NativeFetch = {
    send: (url, init) => sessions.current().fetch(url, requestInit(init)),
    answered(response) {
      const field = response.headers.get("keep-alive");
      const limit = field === null ? undefined : idleLimit(field);
      if (limit !== undefined) sessions.limit(limit);
    },
    openSocket: (url, init) => openSocket((own) => sessions.current().fetch(url, requestInit(own)), init),
    toTransportError,
    mayHaveIdle: sessions.mayHaveIdle,
    close: sessions.close,
  };
  return createClient(options, native, descriptors);
}

/**
 * Makes Bun start the thread of its client now: without a free descriptor that would end the process. The request names
 * a Unix socket that does not exist, so nothing is sent.
 */
export function startClient(): void {
  fetch("http://localhost/", { unix: "/nonexistent/llmproxy" }).catch(() => undefined);
}

function createSession({ proxy, ca }: ClientOptions, idle: number): Bun.FetchSession {
  return new Bun.FetchSession({
    keepAlive: idle > 0 && { idleTimeout: idle / 1000 },
    // Never the environment's proxy.
    proxy: proxy === undefined ? false : toProxy(proxy),
    ...(ca !== undefined && { tls: { ca } }),
  });
}

function toProxy({ url, authorization }: NonNullable<ClientOptions["proxy"]>): Bun.FetchProxyOption {
  return {
    url,
    respectNoProxy: false,
    ...(authorization !== undefined && { headers: { "proxy-authorization": authorization } }),
  };
}

function requestInit({ method, headers, body, signal, fresh }: FetchInit): BunFetchRequestInit {
  return {
    method,
    headers: headers as [string, string][],
    body,
    signal,
    redirect: "manual",
    decompress: false,
    // Neither taken from the pool nor given back to it.
    ...(fresh && { keepalive: false }),
    // Silence is timed by the core.
    timeout: false,
    verbose: false,
  };
}
