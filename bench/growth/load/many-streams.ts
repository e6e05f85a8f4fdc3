/**
 * A client of very many streams at once. Arguments: the port, the port of the paced upstream, streams, events a second,
 * seconds. It prints `quiet` when all streams have had their first event and nothing has come for a while, then
 * `begin` when events flow, and after the seconds the number that came. A rate of 0 ends it after `quiet`.
 */

import type { Socket } from "bun";
import { eventsIn, pace, STREAM_REQUEST } from "../../load/paced.ts";

const [port = 0, upstream = 0, streams = 100, rate = 0, seconds = 1] = process.argv.slice(2).map(Number);
/** Until memory that is no longer needed is given back, and until events flow evenly (ms). */
const [QUIET, FLOW] = [1000, 500];
/** Streams that may be on their way at once: fewer than a listener's backlog takes. */
const STEP = 100;
/** Longest time for those of one step to flow (ms). */
const PATIENCE = 10_000;

interface Stream {
  begun: boolean;
}

let flowing = 0;
let events = 0;

function fail(why: string): never {
  process.stderr.write(`${why}\n`);
  process.exit(1);
}

const open = (): Promise<Socket<Stream>> =>
  Bun.connect<Stream>({
    hostname: "127.0.0.1",
    port,
    data: { begun: false },
    socket: {
      open(socket) {
        socket.write(STREAM_REQUEST);
      },
      data(socket, bytes) {
        if (!socket.data.begun) {
          if (bytes.indexOf("HTTP/1.1 200") !== 0) fail(`no stream: ${bytes.toString("latin1", 0, 200)}`);
          socket.data.begun = true;
          flowing += 1;
        }
        events += eventsIn(bytes);
      },
      close: () => fail("a stream ended"),
      error: (_socket, error) => fail(String(error)),
    },
  });

await pace(upstream, 0);
for (let opened = 0; opened < streams; ) {
  const next = Math.min(STEP, streams - opened);
  await Promise.all(Array.from({ length: next }, open));
  opened += next;
  for (const until = Date.now() + PATIENCE; flowing < opened; await Bun.sleep(1)) {
    if (Date.now() > until) fail(`only ${flowing} of ${opened} streams flow`);
  }
}
await Bun.sleep(QUIET);
if (events !== streams) fail(`${events} events came on ${streams} quiet streams`);
process.stdout.write("quiet\n");
if (rate > 0) {
  await Bun.sleep(50);
  await pace(upstream, rate);
  await Bun.sleep(FLOW);
  events = 0;
  process.stdout.write("begin\n");
  await Bun.sleep(seconds * 1000);
  process.stdout.write(`${events}\n`);
  await pace(upstream, 0);
}
process.exit(0);
