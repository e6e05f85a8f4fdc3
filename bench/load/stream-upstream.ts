/**
 * An upstream of raw TCP that streams without end: to every request an SSE answer with an event of 180 bytes each 10 ms.
 * Streams are spread over the 10 ms. Each event says when it was written (Unix time, ms). Argument: the port.
 */

import type { Socket } from "bun";

/** Streams are written to in so many groups, one after the other. */
const PHASES = 5;
const INTERVAL = 10;
const HEAD =
  "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ncache-control: no-cache\r\ntransfer-encoding: chunked\r\n\r\n";

const phases = Array.from({ length: PHASES }, () => new Set<Socket>());
let next = 0;

const event = (at: string): string => {
  const json = `{"id":"chatcmpl-1","object":"chat.completion.chunk","created":1,"model":"m","choices":[{"index":0,"delta":{"content":"a b c"},"finish_reason":null}],"t":${at}}`;
  const text = `data: ${json}\n\n`;
  return `${text.length.toString(16)}\r\n${text}\r\n`;
};

Bun.listen({
  hostname: "127.0.0.1",
  port: Number(process.argv[2]),
  socket: {
    open(socket) {
      socket.setNoDelay(true);
    },
    data(socket, bytes) {
      // The end of a request's body: the generator sends nothing after it.
      if (!bytes.includes('"stream":true')) return;
      socket.write(HEAD);
      phases[next]?.add(socket);
      next = (next + 1) % PHASES;
    },
    close(socket) {
      for (const phase of phases) phase.delete(socket);
    },
    error() {},
  },
});

let phase = 0;
setInterval(() => {
  const bytes = event((performance.timeOrigin + performance.now()).toFixed(3));
  for (const socket of phases[phase] ?? []) socket.write(bytes);
  phase = (phase + 1) % PHASES;
}, INTERVAL / PHASES);
