import { Client, type Dispatcher, Pool } from "undici";
import type { ClientOptions, FetchInit, UpstreamFetch } from "../../src/runtime.ts";
import { type Connector, createConnector, createOpener } from "./connect.ts";
import { createUpload } from "./upload.ts";
import { type Connection, createExchange } from "./upstream-exchange.ts";

/** Bytes of an answer's head. */
const MAX_HEAD = 65_536;
/** An upstream's Keep-Alive hint is undercut by this many ms, so that a request does not meet its closing. */
const HINT_MARGIN = 1_000;

interface OriginPool {
  readonly pool: Pool;
  /** A client with one connection of its own. */
  readonly single: () => Client;
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
      const connect = createConnector(open, options.connectTimeout, () => waiting.count > 0);
      const clientOptions: Client.Options = {
        pipelining: 1,
        allowH2: false,
        keepAliveTimeout: options.idleTimeout,
        keepAliveMaxTimeout: options.idleTimeout,
        keepAliveTimeoutThreshold: HINT_MARGIN,
        headersTimeout: 0,
        bodyTimeout: 0,
        maxHeaderSize: MAX_HEAD,
      };
      const single = (): Client => createTellingClient(origin, clientOptions, connect);
      own = { pool: new Pool(origin, { connections: null, factory: single }), single, waiting };
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
        const { pool, single, waiting } = poolOf(origin);
        waiting.count += 1;
        const onTaken = (): void => {
          waiting.count -= 1;
        };
        const exchange = createExchange(init, upload, { resolve, reject, onTaken });
        if (!init.fresh) return pool.dispatch(request, exchange);
        const client = single();
        client.dispatch(request, exchange);
        // Its connection ends with this request.
        void client.close();
      });
    },
    close() {
      for (const { pool } of pools.values()) void pool.close();
      pools.clear();
    },
  };
}

/**
 * A client that tells each exchange which connection carries it. (undici's events name the client only, and one client
 * has one connection after another.)
 */
function createTellingClient(origin: string, options: Client.Options, connect: Connector): Client {
  let connection: Connection | undefined;
  const client = new Client(origin, {
    ...options,
    connect(target, callback) {
      connect(target, (...[error, opened]) => {
        if (opened === null) return callback(error, null);
        connection = { ...opened, answers: 0 };
        callback(null, opened.socket);
      });
    },
  });
  const dispatch = client.dispatch.bind(client);
  client.dispatch = (request, handler) => {
    if ("connectionOf" in handler) handler.connectionOf = () => connection;
    return dispatch(request, handler);
  };
  return client;
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
