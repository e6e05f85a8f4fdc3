/**
 * Downloads over four connections, one after the other on each. Arguments: the port, bytes of each, seconds. Prints
 * `begin` when the first have come, and after the seconds the bytes that came.
 */

import type { Socket } from "bun";

const [port = 0, size = 1000, seconds = 1] = process.argv.slice(2).map(Number);
const CONNECTIONS = 4;
const REQUEST = `GET /v1/files?bytes=${size} HTTP/1.1\r\nhost: bench\r\n\r\n`;
const HEAD_END = Buffer.from("\r\n\r\n");
const NOTHING = Buffer.alloc(0);
/** Runs before it counts (ms), and for longer until each connection had an answer. */
const WARM_UP = 300;
const PATIENCE = 30_000;

interface Download {
  /** What came of the head so far: runtimes may write it in pieces. */
  head: Buffer;
  /** Bytes of the body so far; absent while the head is awaited. */
  got?: number;
  isChunked: boolean;
  done: number;
}

let bytes = 0;

function fail(why: string): never {
  process.stderr.write(`${why}\n`);
  process.exit(1);
}

/** Takes the head off the first bytes of an answer. */
function body(data: Download, received: Buffer): Buffer {
  if (data.got !== undefined) return received;
  data.head = Buffer.concat([data.head, received]);
  const end = data.head.indexOf(HEAD_END);
  if (end === -1) return NOTHING;
  const head = data.head.toString("latin1", 0, end).toLowerCase();
  if (!head.startsWith("http/1.1 200")) fail(`no download: ${head.slice(0, 200)}`);
  data.got = 0;
  data.isChunked = head.includes("transfer-encoding: chunked");
  return data.head.subarray(end + HEAD_END.length);
}

function isWhole({ got, isChunked }: Download, last: Buffer): boolean {
  if (got === undefined) return false;
  if (!isChunked) return got >= size;
  return got > size && last.subarray(-5).toString("latin1") === "0\r\n\r\n";
}

const open = (): Promise<Socket<Download>> =>
  Bun.connect<Download>({
    hostname: "127.0.0.1",
    port,
    data: { head: NOTHING, isChunked: false, done: 0 },
    socket: {
      open(socket) {
        socket.write(REQUEST);
      },
      data(socket, received) {
        const { data } = socket;
        const piece = body(data, received);
        if (data.got !== undefined) data.got += piece.length;
        bytes += piece.length;
        if (!isWhole(data, piece)) return;
        socket.data = { head: NOTHING, isChunked: false, done: data.done + 1 };
        socket.write(REQUEST);
      },
      close: () => fail("a download ended"),
      error: (_socket, error) => fail(String(error)),
    },
  });

const sockets = await Promise.all(Array.from({ length: CONNECTIONS }, open));
await Bun.sleep(WARM_UP);
for (const until = Date.now() + PATIENCE; sockets.some(({ data }) => data.done === 0); await Bun.sleep(5)) {
  if (Date.now() > until) fail(`no download of ${size} bytes in ${PATIENCE} ms`);
}
bytes = 0;
process.stdout.write("begin\n");
await Bun.sleep(seconds * 1000);
process.stdout.write(`${bytes}\n`);
process.exit(0);
