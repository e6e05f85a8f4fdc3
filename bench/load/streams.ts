/**
 * A client of many streams at once, of raw TCP. Arguments: the port, streams, seconds. It prints `begin`, and after
 * the seconds `{"events": …, "ms": […]}`: events that came, and how long some of them were on their way.
 */

import type { Socket } from "bun";

const [port = 0, streams = 200, seconds = 3] = process.argv.slice(2).map(Number);
/** One stream in so many is looked into. */
const SAMPLED = 20;
const BODY = JSON.stringify({
  model: "m",
  stream: true,
  messages: [{ role: "user", content: "x".repeat(900) }],
})
  // Last, so that the upstream knows the end of the body by it.
  .replace('"stream":true,', "")
  .replace(/}$/, ',"stream":true}');
const REQUEST = `POST /v1/chat/completions HTTP/1.1\r\nhost: bench\r\ncontent-type: application/json\r\nauthorization: Bearer client\r\ncontent-length: ${BODY.length}\r\n\r\n${BODY}`;
const EVENT_END = Buffer.from("\n\n");
const STAMP = '"t":';

let events = 0;
let flowing = 0;
let counting = false;
const ms: number[] = [];

interface Stream {
  readonly sampled: boolean;
  begun: boolean;
}

function count(bytes: Buffer): number {
  let found = 0;
  for (let at = bytes.indexOf(EVENT_END); at !== -1; at = bytes.indexOf(EVENT_END, at + 2)) found += 1;
  return found;
}

function sample(bytes: Buffer): void {
  const at = bytes.lastIndexOf(STAMP);
  if (at === -1) return;
  const written = Number.parseFloat(bytes.toString("latin1", at + STAMP.length, at + STAMP.length + 20));
  ms.push(performance.timeOrigin + performance.now() - written);
}

function fail(why: string): never {
  process.stderr.write(`${why}\n`);
  process.exit(1);
}

const open = (index: number): Promise<Socket<Stream>> =>
  Bun.connect<Stream>({
    hostname: "127.0.0.1",
    port,
    data: { sampled: index % SAMPLED === 0, begun: false },
    socket: {
      open(socket) {
        socket.write(REQUEST);
      },
      data(socket, bytes) {
        if (!socket.data.begun) {
          if (bytes.indexOf("HTTP/1.1 200") !== 0) fail(`no stream: ${bytes.toString("latin1", 0, 200)}`);
          socket.data.begun = true;
          flowing += 1;
        }
        if (!counting) return;
        events += count(bytes);
        if (socket.data.sampled) sample(bytes);
      },
      close: () => fail("a stream ended"),
      error: (_socket, error) => fail(String(error)),
    },
  });

for (let i = 0; i < streams; i += 1) {
  await open(i);
  if (i % 20 === 19) await Bun.sleep(10);
}
for (const until = Date.now() + 10_000; flowing < streams; await Bun.sleep(20)) {
  if (Date.now() > until) fail(`only ${flowing} of ${streams} streams flow`);
}
await Bun.sleep(500);
counting = true;
process.stdout.write("begin\n");
await Bun.sleep(seconds * 1000);
process.stdout.write(`${JSON.stringify({ events, ms })}\n`);
process.exit(0);
