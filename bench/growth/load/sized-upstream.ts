/** An upstream of raw TCP that answers `GET …?bytes=N` with so many bytes, and all else with `{}`. Argument: the port. */

import type { Socket } from "bun";

const PIECE = Buffer.alloc(256 * 1024, "x");
const JSON_ANSWER = "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 2\r\n\r\n{}";

interface Sending {
  /** Bytes of the answer that are still to be written. */
  left: number;
}

/** Writes as much as the socket takes; `drain` goes on. */
function send(socket: Socket<Sending>): void {
  while (socket.data.left > 0) {
    const piece = socket.data.left < PIECE.length ? PIECE.subarray(0, socket.data.left) : PIECE;
    const written = socket.write(piece);
    socket.data.left -= Math.max(0, written);
    if (written < piece.length) return;
  }
}

Bun.listen<Sending>({
  hostname: "127.0.0.1",
  port: Number(process.argv[2]),
  socket: {
    open(socket) {
      socket.data = { left: 0 };
      socket.setNoDelay(true);
    },
    data(socket, bytes) {
      const text = bytes.toString("latin1");
      const size = /^GET \S*[?&]bytes=(\d+)/.exec(text)?.[1];
      if (size === undefined) {
        if (text.includes("{}")) socket.write(JSON_ANSWER);
        return;
      }
      socket.write(
        `HTTP/1.1 200 OK\r\ncontent-type: application/octet-stream\r\ncontent-length: ${size}\r\n\r\n`,
      );
      socket.data.left = Number(size);
      send(socket);
    },
    drain: send,
    error() {},
  },
});
