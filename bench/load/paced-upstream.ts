/**
 * Upstreams of raw TCP whose streams send one event and are then quiet, until `GET /pace?rate=N` asks for N events a
 * second from all of that upstream's streams together. Arguments: a port for each upstream.
 */

import type { Socket } from "bun";

const TICK = 2;
const HEAD =
  "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ncache-control: no-cache\r\ntransfer-encoding: chunked\r\n\r\n";
const JSON_ANSWER = "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 2\r\n\r\n{}";

const TEXT = `data: {"id":"chatcmpl-1","object":"chat.completion.chunk","created":1,"model":"m","choices":[{"index":0,"delta":{"content":"a b c d e f g h"},"finish_reason":null}]}\n\n`;
const EVENT = `${TEXT.length.toString(16)}\r\n${TEXT}\r\n`;

for (const port of process.argv.slice(2).map(Number)) listen(port);

function listen(port: number): void {
  const streams: Socket[] = [];
  let next = 0;
  let made = 0;
  let timer: Timer | undefined;

  function pace(rate: number): void {
    clearInterval(timer);
    if (rate === 0) return;
    const began = performance.now();
    made = 0;
    timer = setInterval(() => emit(((performance.now() - began) / 1000) * rate), TICK);
  }

  /** Writes what is due, to one stream after the other. */
  function emit(due: number): void {
    for (; made < due && streams.length > 0; made += 1) {
      next = next + 1 < streams.length ? next + 1 : 0;
      streams[next]?.write(EVENT);
    }
  }

  Bun.listen({
    hostname: "127.0.0.1",
    port,
    socket: {
      open(socket) {
        socket.setNoDelay(true);
      },
      data(socket, bytes) {
        const text = bytes.toString("latin1");
        const rate = /^GET \/pace\?rate=(\d+)/.exec(text)?.[1];
        if (rate !== undefined) pace(Number(rate));
        // The ends of the bodies that the generators send; a head may come alone.
        if (text.includes('"stream":true')) {
          socket.write(HEAD + EVENT);
          streams.push(socket);
        } else if (rate !== undefined || text.includes("{}")) {
          socket.write(JSON_ANSWER);
        }
      },
      close(socket) {
        const at = streams.indexOf(socket);
        if (at !== -1) streams.splice(at, 1);
      },
      error() {},
    },
  });
}
