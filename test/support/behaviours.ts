/** What a fault upstream can do with a request: the good ways and the bad ones. */

import { answerBytes, type Behaviour, type Exchange } from "./fault-upstream.ts";
import type { Pair } from "./http-message.ts";
import { chunkBytes } from "./raw-request.ts";
import { pause } from "./wait.ts";

const JSON_TYPE: Pair = ["content-type", "application/json"];
const SSE_HEAD =
  "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ncache-control: no-cache\r\ntransfer-encoding: chunked\r\n\r\n";

/** Takes the whole request, then answers. */
export function answer(
  status: number,
  headers: readonly Pair[] = [],
  body: string | Uint8Array = "",
): Behaviour {
  return async (exchange) => {
    await exchange.body();
    exchange.write(answerBytes(status, headers, body));
  };
}

/** 200 with JSON. */
export function ok(body: unknown = { ok: true }): Behaviour {
  return answer(200, [JSON_TYPE], JSON.stringify(body));
}

/** A status with a JSON error, as the providers give it. */
export function failing(status: number, headers: readonly Pair[] = []): Behaviour {
  return answer(
    status,
    [JSON_TYPE, ...headers],
    JSON.stringify({ error: { message: "no", type: "x", code: null } }),
  );
}

/** 200 with the request's method and body given back. */
export const echo: Behaviour = async (exchange) => {
  const body = await exchange.body();
  exchange.write(answerBytes(200, [["content-type", "application/octet-stream"]], body));
};

/** Exactly these bytes, after the whole request; then goes on. */
export function raw(bytes: string | Uint8Array): Behaviour {
  return async (exchange) => {
    await exchange.body();
    exchange.write(bytes);
  };
}

/** Exactly these bytes after the whole request, then FIN. */
export function rawThenFin(bytes: string | Uint8Array): Behaviour {
  return async (exchange) => {
    await exchange.body();
    exchange.socket.end(bytes);
  };
}

/** The good bytes and, once they have been read, the bad ones, if any, and FIN. */
export function rawThenBad(good: string | Uint8Array, bad: string | Uint8Array = ""): Behaviour {
  return async (exchange) => {
    await exchange.body();
    exchange.write(good);
    await pause(50);
    exchange.socket.end(bad);
  };
}

/** These bytes (perhaps none) after the whole request, and once they have left RST, in one piece with the last ones. */
export function rawThenReset(bytes: string | Uint8Array = "", last = ""): Behaviour {
  return async (exchange) => {
    await exchange.body();
    if (Buffer.byteLength(bytes) > 0) {
      exchange.write(bytes);
      // RST overtakes what the peer has not read yet; the subject is a reset *after* those bytes.
      await pause(50);
    }
    if (last !== "") exchange.write(last);
    exchange.socket.resetAndDestroy();
  };
}

/** Nothing, ever. */
export const hang: Behaviour = () => {};

/** These bytes after the whole request, then nothing. */
export function rawThenHang(bytes: string | Uint8Array): Behaviour {
  return raw(bytes);
}

/** Takes the head and never reads on. */
export const neverRead: Behaviour = ({ socket }) => {
  socket.pause();
};

/** The head of an event stream and its first events, then nothing. */
export function sseThenHang(...events: readonly string[]): Behaviour {
  return raw(sseBytes(events));
}

/** An event stream whose events come `gap` ms apart, and a proper end. */
export function sse(events: readonly string[], gap = 0): Behaviour {
  return async (exchange) => {
    await exchange.body();
    exchange.write(SSE_HEAD);
    for (const [index, event] of events.entries()) {
      if (gap > 0 && index > 0) await pause(gap);
      exchange.write(chunkBytes(event));
    }
    exchange.write("0\r\n\r\n");
  };
}

/** The head of an event stream and these events. */
export function sseBytes(events: readonly string[]): Buffer {
  return Buffer.concat([Buffer.from(SSE_HEAD), ...events.map(chunkBytes)]);
}

/** An event of OpenAI's chat stream. */
export function delta(text: string): string {
  return `data: ${JSON.stringify({ choices: [{ index: 0, delta: { content: text } }] })}\n\n`;
}

/** The byte stream of an answer, made `size` bytes at a time as the proxy takes them. */
export function flood(
  total: number,
  options: { readonly size?: number; readonly chunked?: boolean } = {},
): Behaviour {
  const { size = 65_536, chunked = false } = options;
  const block = Buffer.alloc(size, "0123456789abcdef");
  return async (exchange) => {
    await exchange.body();
    const framing = chunked ? "transfer-encoding: chunked" : `content-length: ${total}`;
    exchange.write(`HTTP/1.1 200 OK\r\ncontent-type: application/octet-stream\r\n${framing}\r\n\r\n`);
    for (let sent = 0; sent < total && !exchange.socket.destroyed; sent += size) {
      const part = block.subarray(0, Math.min(size, total - sent));
      if (!exchange.socket.write(chunked ? chunkBytes(part) : part)) await drained(exchange);
    }
    if (chunked) exchange.write("0\r\n\r\n");
  };
}

/** Resolves when the system takes more, or the connection is gone. */
export function drained({ socket }: Pick<Exchange, "socket">): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      socket.off("drain", done);
      socket.off("close", done);
      resolve();
    };
    socket.on("drain", done);
    socket.on("close", done);
  });
}
