/**
 * A raw HTTP/1.1 client over TCP or TLS: it sends exactly the bytes it is given, keeps exactly the bytes that come and
 * when, and says how an answer's body ended.
 */

import { connect as connectTcp, type Socket } from "node:net";
import { connect as connectTls } from "node:tls";
import { createParser, type Parser } from "./http-wire.ts";
import { type Answer, statusOf, toAnswer } from "./raw-answer.ts";
import { createChanges, now } from "./wait.ts";

export interface ConnectOptions {
  /** @default "127.0.0.1" */
  readonly host?: string;
  /** Local address to come from: 127.0.0.2 is another client. */
  readonly from?: string;
  readonly tls?: { readonly ca: string };
}

export interface AnswerOptions {
  /** Whether the request was a HEAD, whose answer has no body. @default false */
  readonly head?: boolean;
  /** Whether to keep the body's bytes (else only size and hash). @default true */
  readonly keep?: boolean;
}

/** An answer on its way. */
export interface Pending {
  /** Resolves at the end of the head, with the answer as far as it is then. */
  head(ms?: number): Promise<Answer>;
  /** Resolves with when the body holds `text`. */
  until(text: string, ms?: number): Promise<number>;
  /** Resolves at the answer's end, or after `ms` with `end: "open"`. Rejects on bytes that are not HTTP. */
  end(ms?: number): Promise<Answer>;
}

export interface RawConnection {
  readonly socket: Socket;
  /** How the connection ended, if it has. */
  readonly closed: { readonly how: "fin" | "reset"; readonly at: number } | undefined;
  /** All bytes that came. */
  readonly received: number;
  /** Bytes handed to the system so far. */
  readonly sent: number;
  /** Sends bytes; resolves when the system has them all. */
  send(data: string | Uint8Array): Promise<void>;
  /** The next answer on this connection. */
  next(options?: AnswerOptions): Pending;
  /** Resolves when the other side has closed, with how. */
  untilClosed(ms?: number): Promise<{ readonly how: "fin" | "reset"; readonly at: number }>;
  /** Stops and goes on taking bytes. */
  stopReading(): void;
  goOnReading(): void;
  /** Sends FIN and still reads. */
  halfClose(): void;
  reset(): void;
  close(): void;
}

const DEADLINE = 10_000;

/** Opens a connection. */
export async function connect(port: number, options: ConnectOptions = {}): Promise<RawConnection> {
  const host = options.host ?? "127.0.0.1";
  const socket = options.tls
    ? connectTls({ host, port, ca: options.tls.ca, servername: "localhost", ALPNProtocols: ["http/1.1"] })
    : connectTcp({ host, port, allowHalfOpen: true, ...(options.from && { localAddress: options.from }) });
  const connection = wrap(socket);
  await new Promise<void>((resolve, reject) => {
    socket.once(options.tls ? "secureConnect" : "connect", () => resolve());
    socket.once("error", reject);
    socket.once("close", () => reject(new Error(`the connection to port ${port} was closed at once`)));
  });
  return connection;
}

function wrap(socket: Socket): RawConnection {
  const changes = createChanges();
  let closed: RawConnection["closed"];
  let received = 0;
  let unread: { data: Buffer; at: number }[] = [];
  let current: { parser: Parser; feed: (data: Buffer, at: number) => Buffer | undefined } | undefined;
  let broken: unknown;

  const end = (how: "fin" | "reset"): void => {
    closed ??= { how, at: now() };
    current?.parser.finish();
    changes.changed();
  };
  socket.on("data", (data: Buffer) => {
    received += data.length;
    unread.push({ data, at: now() });
    drain();
    changes.changed();
  });
  socket.on("end", () => end("fin"));
  socket.on("error", () => end("reset"));
  socket.on("close", () => end("fin"));

  function drain(): void {
    while (current !== undefined && unread.length > 0 && broken === undefined) {
      const [first, ...others] = unread;
      if (first === undefined) return;
      unread = others;
      try {
        const rest = current.feed(first.data, first.at);
        if (rest === undefined) continue;
        current = undefined;
        if (rest.length > 0) unread.unshift({ data: rest, at: first.at });
      } catch (error) {
        broken = error;
      }
    }
  }

  function next({ head = false, keep = true }: AnswerOptions = {}): Pending {
    const makeParser = (): Parser =>
      createParser({
        bodyless: (line) => head || /^HTTP\/1\.1 (1\d\d|204|304)/.test(line),
        unframed: "close",
        keep,
      });
    const interim: number[] = [];
    let parser = makeParser();
    const answer = (): Answer | undefined => {
      if (broken !== undefined) throw broken;
      return parser.message && toAnswer(parser.message, interim, closed?.how);
    };
    current = {
      get parser() {
        return parser;
      },
      feed(data, at) {
        const rest = parser.push(data, at);
        const status = statusOf(parser.message?.startLine);
        if (rest === undefined || status < 100 || status > 199 || status === 101) return rest;
        interim.push(status);
        parser = makeParser();
        return rest.length > 0 ? this.feed(rest, at) : undefined;
      },
    };
    drain();
    if (closed !== undefined) parser.finish();
    const endedWithoutHead = (): boolean => closed !== undefined && parser.message === undefined;
    return {
      async head(ms = DEADLINE) {
        await changes.until(() => broken !== undefined || parser.message || closed, ms, "the answer's head");
        const result = answer();
        if (result === undefined) throw new Error(`no answer: the connection ended with ${closed?.how}`);
        return result;
      },
      until: (text, ms = DEADLINE) =>
        changes.until(
          () => {
            const at = parser.message?.body.indexOf(text) ?? -1;
            if (at >= 0) return parser.message?.arrivedAt(at + text.length);
            if (closed !== undefined)
              throw new Error(`the connection ended before ${JSON.stringify(text)} came`);
            return undefined;
          },
          ms,
          `${JSON.stringify(text)} in the body`,
        ),
      async end(ms = DEADLINE) {
        const ended = () => broken !== undefined || parser.message?.complete || closed !== undefined;
        await changes.until(ended, ms, "the answer's end").catch(() => undefined);
        if (endedWithoutHead()) throw new Error(`no answer: the connection ended with ${closed?.how}`);
        const result = answer();
        if (result === undefined) throw new Error(`no answer within ${ms} ms`);
        return result;
      },
    };
  }

  return {
    socket,
    get closed() {
      return closed;
    },
    get received() {
      return received;
    },
    get sent() {
      return socket.bytesWritten - socket.writableLength;
    },
    send: (data) =>
      new Promise((resolve, reject) => {
        socket.write(data, (error) => (error ? reject(error) : resolve()));
      }),
    next,
    untilClosed: (ms = DEADLINE) => changes.until(() => closed, ms, "the connection's end"),
    stopReading: () => socket.pause(),
    goOnReading: () => socket.resume(),
    halfClose: () => socket.end(),
    reset: () => socket.resetAndDestroy(),
    close: () => socket.destroy(),
  };
}
