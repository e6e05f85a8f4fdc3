/**
 * An upstream of raw TCP whose streams send one event and are then quiet, until `GET /pace?rate=N` asks for N events a
 * second from all of them together. Argument: the port.
 */

import type { Socket } from "bun";

const TICK = 2;
const HEAD =
  "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ncache-control: no-cache\r\ntransfer-encoding: chunked\r\n\r\n";
const JSON_ANSWER = "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 2\r\n\r\n{}";

const streams: Socket[] = [];
let next = 0;
let rate = 0;
let made = 0;
let began = 0;

const TEXT = `data: {"id":"chatcmpl-1","object":"chat.completion.chunk","created":1,"model":"m","choices":[{"index":0,"delta":{"content":"a b c d e f g h"},"finish_reason":null}]}\n\n`;
const EVENT = `${TEXT.length.toString(16)}\r\n${TEXT}\r\n`;

function pace(perSecond: number): void {
  rate = perSecond;
  made = 0;
  began = performance.now();
}

/** Writes what is due, to one stream after the other. */
function emit(): void {
  if (streams.length === 0) return;
  for (const due = ((performance.now() - began) / 1000) * rate; made < due; made += 1) {
    next = next + 1 < streams.length ? next + 1 : 0;
    streams[next]?.write(EVENT);
  }
}

Bun.listen({
  hostname: "127.0.0.1",
  port: Number(process.argv[2]),
  socket: {
    open(socket) {
      socket.setNoDelay(true);
    },
    data(socket, bytes) {
      const text = bytes.toString("latin1");
      const perSecond = /^GET \/pace\?rate=(\d+)/.exec(text)?.[1];
      if (perSecond !== undefined) pace(Number(perSecond));
      // The ends of the bodies that the generators send; a head may come alone.
      if (text.includes('"stream":true')) {
        socket.write(HEAD + EVENT);
        streams.push(socket);
      } else if (perSecond !== undefined || text.includes("{}")) {
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

setInterval(emit, TICK);
