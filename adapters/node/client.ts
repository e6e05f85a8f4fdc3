import { type Dispatcher, Pool } from "undici";
import type { ClientOptions, FetchInit, UpstreamFetch } from "../../src/runtime.ts";
import { createConnector, createOpener } from "./connect.ts";
import { createUpload } from "./upload.ts";
import { createExchange } from "./upstream-exchange.ts";

/** Bytes of an answer's head. */
const MAX_HEAD = 65_536;
/** An upstream's Keep-Alive hint is undercut by this many ms, so that a request does not meet its closing. */
const HINT_MARGIN = 1_000;

interface OriginPool {
  readonly pool: Pool;
  /** Requests that no connection has taken yet. */
  readonly waiting: { count: number };
}

/**
 * A client of undici's dispatch, without fetch: nothing is decoded, added or followed. Its pools have no limit in
 * connections, its deadlines are the core's, and a request is sent once.
 *
 * @throws when `ca` has no certificate in it.
 */
export function createFetch(options: ClientOptions): UpstreamFetch {
  const open = createOpener(options);
  const pools = new Map<string, OriginPool>();

  function poolOf(origin: string): OriginPool {
    let own = pools.get(origin);
    if (own === undefined) {
      const waiting = { count: 0 };
      const pool = new Pool(origin, {
        connect: createConnector(open, options.connectTimeout, () => waiting.count > 0),
        pipelining: 1,
        connections: null,
        allowH2: false,
        keepAliveTimeout: options.idleTimeout,
        keepAliveMaxTimeout: options.idleTimeout,
        keepAliveTimeoutThreshold: HINT_MARGIN,
        headersTimeout: 0,
        bodyTimeout: 0,
        maxHeaderSize: MAX_HEAD,
      });
      own = { pool, waiting };
      pools.set(origin, own);
    }
    return own;
  }

  return {
    fetch(url, init) {
      if (init.signal.aborted) return Promise.reject(init.signal.reason);
      const { origin, path } = splitUrl(url);
      const upload = createUpload(init.body, init.bodyLength);
      const headers = flatten(init, upload.length);
      const viaProxy = options.proxy !== undefined && origin.startsWith("http:");
      if (viaProxy && options.proxy?.authorization !== undefined) {
        headers.push("proxy-authorization", options.proxy.authorization);
      }
      return new Promise((resolve, reject) => {
        const request = {
          path: viaProxy ? origin + path : path,
          method: init.method,
          headers,
          body: upload.body,
        } as Dispatcher.DispatchOptions;
        const { pool, waiting } = poolOf(origin);
        waiting.count += 1;
        const onTaken = (): void => {
          waiting.count -= 1;
        };
        pool.dispatch(request, createExchange(init, upload, { resolve, reject, onTaken }));
      });
    },
    close() {
      for (const { pool } of pools.values()) void pool.close();
      pools.clear();
    },
  };
}

function flatten({ headers }: FetchInit, length: number | undefined): string[] {
  const flat: string[] = [];
  for (const [name, value] of headers) flat.push(name, value);
  if (length !== undefined) flat.push("content-length", String(length));
  return flat;
}

/** Origin and path with query, normalised as WHATWG says. */
function splitUrl(url: string): { readonly origin: string; readonly path: string } {
  const { origin, pathname, search } = new URL(url);
  return { origin, path: pathname + search };
}
