import { Client, type Dispatcher, Pool } from "undici";
import {
  type ClientOptions,
  type FetchInit,
  TransportError,
  type UpstreamFetch,
} from "../../../src/runtime/runtime.ts";
import { HINT_MARGIN } from "../http/keep-alive.ts";
import { type Resolve, resolve as resolveBySystem } from "../node-api/connect/addresses.ts";
import { toConnectError } from "../node-api/connect/error.ts";
import type { Descriptors } from "../node-api/descriptors.ts";
import { orNoSocket } from "../node-api/no-socket.ts";
import { createHandshake, OWN_FIELDS } from "../websocket/handshake.ts";
import { type Connector, createConnector, createOpener, type Open } from "./connect.ts";
import { delayErrors } from "./delayed-errors.ts";
import { createUpload } from "./upload.ts";
import type { Connection } from "./upstream-connection.ts";
import { createExchange, type ExchangeCallbacks } from "./upstream-exchange.ts";
import { OpenedSocket } from "./upstream-socket.ts";
import { createWire } from "./wire/wire.ts";

/** Bytes of an answer's head. */
const MAX_HEAD = 65_536;

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
 * @param ownFields fields of a client's WebSocket handshake that do not go to the upstream
 * @throws when `ca` has no certificate in it.
 */
export function createFetch(
  options: ClientOptions,
  ownFields: ReadonlySet<string> = OWN_FIELDS,
  resolve: Resolve = resolveBySystem,
  descriptors: Pick<Descriptors, "areUsedUp"> = { areUsedUp: () => false },
): UpstreamFetch {
  const open = noticingShortage(createOpener(options, resolve), descriptors);
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

  function dispatch(url: string, init: FetchInit, { upgrade, ...callbacks }: Dispatching): void {
    const { origin, path } = splitUrl(url);
    const upload = createUpload(init.body, init.bodyLength);
    const headers = flatten(init, upload.length);
    const viaProxy = options.proxy !== undefined && origin.startsWith("http:");
    if (viaProxy && options.proxy?.authorization !== undefined) {
      headers.push("proxy-authorization", options.proxy.authorization);
    }
    const request = {
      path: viaProxy ? origin + path : path,
      method: init.method,
      headers,
      body: upload.body,
      ...(upgrade !== undefined && { upgrade }),
    } as Dispatcher.DispatchOptions;
    const { pool, single, waiting } = poolOf(origin);
    waiting.count += 1;
    const onTaken = (): void => {
      waiting.count -= 1;
    };
    const exchange = createExchange(init, upload, { ...callbacks, onTaken });
    if (!init.fresh) {
      pool.dispatch(request, exchange);
      return;
    }
    const client = single();
    client.dispatch(request, exchange);
    // Its connection ends with this request.
    void client.close();
  }

  return {
    fetch(url, init) {
      if (init.signal.aborted) return Promise.reject(init.signal.reason);
      return new Promise((resolve, reject) => dispatch(url, init, { resolve, reject }));
    },
    openSocket(url, init) {
      if (init.signal.aborted) return Promise.reject(init.signal.reason);
      const { headers, isAnsweredBy } = createHandshake(init.headers, ownFields);
      return new Promise((resolve, reject) =>
        dispatch(
          url,
          { ...init, headers, fresh: true },
          {
            upgrade: "websocket",
            reject,
            resolve: (response) => resolve({ type: "refused", response }),
            switched(answer, socket) {
              if (isAnsweredBy(answer)) {
                resolve({ type: "opened", socket: new OpenedSocket(answer, socket) });
                return;
              }
              socket.destroy();
              reject(new TransportError("bad_response", false, "a 101 that does not answer the handshake"));
            },
          },
        ),
      );
    },
    close() {
      for (const { pool } of pools.values()) void pool.close();
      pools.clear();
    },
  };
}

/** Opens connections as `open` does, and rejects with `no_socket` where a lack of descriptors was the cause. */
function noticingShortage(open: Open, descriptors: Pick<Descriptors, "areUsedUp">): Open {
  return (target, signal) =>
    open(target, signal).catch((error: unknown) => {
      throw orNoSocket(toConnectError(error, "tcp"), descriptors);
    });
}

interface Dispatching extends Omit<ExchangeCallbacks, "onTaken"> {
  /** The protocol that is asked for. */
  readonly upgrade?: string;
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
        connection = {
          ...opened,
          answers: 0,
          wire: createWire(opened.socket),
          writeError: delayErrors(opened.socket),
        };
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
