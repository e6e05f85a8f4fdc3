/**
 * The seam between the program and the JavaScript runtime it runs on.
 *
 * Everything that differs between Node, Bun and Deno is a member of {@link Runtime}, made in `adapters/`.
 * Types only, but for the two errors that both sides have to tell apart.
 * All durations are milliseconds.
 */

import type { BodyWatcher, ByteStream, Bytes, WatchedBody } from "./body.ts";
import type { Handler, Listener, ListenOptions } from "./listener.ts";
import type { Handshake, Joining, UpstreamSocket } from "./websocket.ts";

export type * from "./body.ts";
export * from "./listener.ts";
export type * from "./websocket.ts";

/** What the program needs of a runtime. A fourth runtime is an implementation of this and an entry point. */
export interface Runtime {
  /** `node`, `bun` or `deno`: a label in metrics and the start line, never something to branch on. */
  readonly name: string;
  readonly version: string;
  /** What this runtime can't do. Said at start: always, or only where the option that needs it was set. */
  readonly lacks: readonly Lack[];

  /** Listens. Rejects with {@link ListenError} when the address can't be had or the certificate is unusable. */
  serve(handler: Handler, options: ListenOptions): Promise<Listener>;
  /** A client for one upstream of one group: its own pool, so that a private CA is trusted for this upstream only. */
  createFetch(options: ClientOptions): UpstreamFetch;
  /** The same bytes, with a watcher that is called for every chunk and exactly one end. Locks `body`. */
  watchBody(body: ByteStream, watcher: BodyWatcher): WatchedBody;
  /**
   * Reads a small body of a declared length whole, where that costs much less than to read its stream; nothing is told
   * of its progress. Absent where it does not.
   */
  readonly readAtOnce?: (request: Request) => Promise<Bytes>;
  /** An answer for a client, in the form in which this runtime's server takes it most cheaply. */
  createResponse(body: ByteStream | Bytes | null, init: ResponseHead): Response;
  /**
   * Whether the server sends an answer's head only together with the first byte of its body. A failure before that byte
   * is then answered in place of the answer.
   * @default false
   */
  readonly headLeavesWithBody?: boolean;
  /** One for {@link FetchInit.signal}. */
  createAbortController(): AbortController;
  /**
   * Makes the answer by which `request`, a WebSocket handshake, becomes one with `upstream`: once it was returned by the
   * handler, both are joined. Absent where a runtime can't, and clients get 501.
   */
  readonly upgrade?: (request: Request, upstream: UpstreamSocket, joining: Joining) => Response;

  /**
   * Reads a UTF-8 file of at most 16 MiB, without its byte order mark. Rejects with an `Error` whose message says why
   * ("no such file", "is a device, expected a file"); it is never waited for without end.
   */
  readTextFile(path: string): Promise<string>;
  /** An environment variable, or undefined when unset. */
  env(name: string): string | undefined;
  /** Writes one line to standard output (the newline is added); never throws, never blocks the loop. */
  write(line: string): void;
  /** Writes one line to standard error (the newline is added); never throws. */
  writeError(line: string): void;
  /** Resolves once all lines written so far have left the process, or their reader has taken nothing for a second. */
  flush(): Promise<void>;
  /** Whether standard output is a terminal. */
  readonly isTerminal: boolean;
  /** Calls `listener` each time SIGTERM, SIGINT or SIGHUP arrives. SIGUSR1, SIGUSR2 and SIGPIPE are ignored. */
  onSignal(listener: (signal: string) => void): void;
  /**
   * Calls `listener` for every uncaught exception and unhandled rejection. From then on these do not end the process.
   * Call it once.
   */
  onDefect(listener: (error: unknown) => void): void;
  exit(code: number): void;
  /** Figures of this process for the `process_*` metrics; a figure that can't be had is absent. */
  processStats(): ProcessStats;
  /** The flags of `deno run` that allow this, and nothing else, as one line for a shell. */
  denoPermissions(access: Access): string;
}

/** What the program touches outside itself when it runs on a configuration. */
export interface Access {
  readonly listens: readonly Endpoint[];
  readonly connects: readonly Endpoint[];
  /** As written, relative ones relative to the folder that the program is started in. */
  readonly files: readonly string[];
  /** Names of environment variables. */
  readonly variables: readonly string[];
}

/** One end of TCP connections. */
export interface Endpoint {
  /** Host name or IP address, without brackets. */
  readonly host: string;
  /** 0–65535; 0, of a listener, is one that the system chooses. */
  readonly port: number;
}

/** Something a runtime can't do. */
export interface Lack {
  /**
   * The config key that asks for it, as written in the YAML (`http_client.keepalive`), or `always` for what
   * concerns every config. The line is printed only where a key was set.
   */
  readonly option:
    | "http_client.keepalive"
    | "http_client.timeout.connect"
    | "http_client.timeout.idle"
    | "http_client.proxy"
    | "forwards.timeout.connect"
    | "forwards.timeout.body"
    | "forwards.timeout.idle"
    | "forwards.timeout.write"
    | "upstreams.tls.ca"
    | "always";
  /** One sentence for the operator: what does not happen and what happens instead. */
  readonly text: string;
}

export interface ClientOptions {
  /** TCP and TLS. */
  readonly connectTimeout: number;
  /** An unused pooled connection is closed after it. */
  readonly idleTimeout: number;
  /** TCP keepalive probe delay; 0 is off. */
  readonly keepAlive: number;
  /** Outbound HTTP proxy: CONNECT for https upstreams. `url` has no credentials. */
  readonly proxy?: { readonly url: string; readonly authorization?: string };
  /** PEM certificates that vouch for this upstream instead of the runtime's roots. */
  readonly ca?: string;
}

/** A client of one upstream. */
export interface UpstreamFetch {
  /**
   * Sends one request and resolves at the answer's headers.
   *
   * Redirects are not followed, nothing is decoded where the runtime allows it (where it decodes nevertheless, the
   * answer comes without content-encoding and content-length), and nothing is sent twice but what
   * {@link FetchInit.repeatable} allows. Rejects with {@link TransportError}; after an abort of
   * {@link FetchInit.signal} with anything.
   */
  fetch(url: string, init: FetchInit): Promise<Response>;
  /**
   * Asks for a WebSocket, on a connection of its own. `url` is http: or https:; the key and version of the handshake are
   * the client's to set. Rejects as {@link UpstreamFetch.fetch} does. There where {@link Runtime.upgrade} is.
   */
  openSocket?(url: string, init: FetchInit): Promise<Handshake>;
  /** Closes the pool: idle connections at once, the others when their answer ends. */
  close(): void;
}

/** Status and fields of an answer. */
export interface ResponseHead {
  /** 200–599. */
  readonly status: number;
  readonly statusText: string;
  /** Lowercase names; several `set-cookie` stay several. */
  readonly headers: readonly HeaderPair[];
}

export interface FetchInit {
  readonly method: string;
  /** Lowercase names, in order; a name may occur more than once. Host and content-length are the client's to set. */
  readonly headers: readonly HeaderPair[];
  /** A stream is left unlocked and untouched where nothing was sent, so that it can go elsewhere. */
  readonly body: Bytes | ByteStream | null;
  /** Length of a streamed body where known; used where the runtime can send a stream with a length. */
  readonly bodyLength?: number | undefined;
  /**
   * Aborts the request and, later, the answer's body. It is also aborted once the request has failed after something may
   * have been sent.
   */
  readonly signal: AbortSignal;
  /** Whether a runtime that repeats requests by itself on stale connections may do so. */
  readonly repeatable: boolean;
  /** Not on a pooled connection, which may be stale, but on one of its own. */
  readonly fresh: boolean;
  /** The request moved on: the connection stands, or the last byte was written (where the runtime can tell). */
  readonly onProgress: () => void;
}

export type HeaderPair = readonly [name: string, value: string];

/** Why an upstream gave no answer. */
export class TransportError extends Error {
  override readonly name = "TransportError";
  /**
   * `refused`, `dns`, `tls`: no connection, nothing was sent. `no_socket`: the same, because this host has no file
   * descriptor, local port or buffer for a connection. `connect_timeout`: see {@link nothingSent}. `reset`: the
   * connection closed before the whole head. `bad_response`: an answer that can't be passed on; clients see the
   * message, which says why in a few words.
   */
  readonly kind: "refused" | "dns" | "tls" | "no_socket" | "connect_timeout" | "reset" | "bad_response";
  /** Whether it is certain that no byte of the request reached the upstream. */
  readonly nothingSent: boolean;
  /**
   * Whether it happened to a reused connection before any byte of an answer: the upstream may have closed it just then
   * for being idle, and a fresh connection may do. Only with `reset`.
   */
  readonly stale: boolean;

  constructor(
    kind: TransportError["kind"],
    nothingSent: boolean,
    message: string,
    options?: ErrorOptions & { readonly stale?: boolean },
  ) {
    super(message, options);
    this.kind = kind;
    this.nothingSent = nothingSent;
    this.stale = options?.stale ?? false;
  }
}

/** Figures of the process, in seconds and bytes. */
export interface ProcessStats {
  readonly cpuUserSeconds?: number;
  readonly cpuSystemSeconds?: number;
  readonly residentBytes?: number;
  readonly heapBytes?: number;
  readonly openFds?: number;
  readonly maxFds?: number;
  /** Log lines dropped because the reader of standard output was too slow or gone. */
  readonly logLinesDropped?: number;
  /** Unix time. */
  readonly startTimeSeconds?: number;
}
