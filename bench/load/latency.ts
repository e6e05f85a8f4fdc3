/**
 * Requests at a steady rate, open loop, to several ports in turn, each over connections of its own: what is between them
 * is measured at the same time. Arguments: requests a second for each, seconds, ports. Prints for each port its
 * milliseconds.
 */

import type { Socket } from "bun";
import { REQUEST, RESPONSE_BODY } from "./request.ts";

const [rate = 200, seconds = 3, ...ports] = process.argv.slice(2).map(Number);
const CONNECTIONS = 16;

interface Slot {
  began: number;
  busy: boolean;
  size: number;
}

interface Target {
  readonly sockets: Socket<Slot>[];
  readonly ms: number[];
  late: number;
}

async function createTarget(port: number): Promise<Target> {
  const target: Target = { sockets: [], ms: [], late: 0 };
  for (let i = 0; i < CONNECTIONS; i += 1) target.sockets.push(await open(port, target));
  return target;
}

function open(port: number, target: Target): Promise<Socket<Slot>> {
  return Bun.connect<Slot>({
    hostname: "127.0.0.1",
    port,
    data: { began: 0, busy: false, size: 0 },
    socket: {
      data({ data }, bytes) {
        data.size += bytes.length;
        // A whole answer is at least its body, and ends with it (or with a last chunk).
        if (data.size < RESPONSE_BODY.length || !isEnd(bytes)) return;
        target.ms.push(performance.now() - data.began);
        data.busy = false;
      },
      close() {},
      error(_socket, error) {
        process.stderr.write(`${error}\n`);
        process.exit(1);
      },
    },
  });
}

function isEnd(bytes: Buffer): boolean {
  const text = bytes.toString("latin1", Math.max(0, bytes.length - 8));
  return text.endsWith("}") || text.endsWith("0\r\n\r\n");
}

function fire(target: Target): void {
  const socket = target.sockets.find(({ data }) => !data.busy);
  if (socket === undefined) {
    target.late += 1;
    return;
  }
  socket.data = { began: performance.now(), busy: true, size: 0 };
  socket.write(REQUEST);
}

const targets = await Promise.all(ports.map(createTarget));
const began = performance.now();
const step = 1000 / rate / targets.length;
const total = rate * seconds * targets.length;
for (let made = 0; made < total; await Bun.sleep(1)) {
  const due = Math.min(total, (performance.now() - began) / step);
  for (; made < due; made += 1) {
    const target = targets[made % targets.length];
    if (target !== undefined) fire(target);
  }
}
await Bun.sleep(200);
process.stdout.write(`${JSON.stringify(targets.map(({ ms, late }) => ({ ms, late })))}\n`);
process.exit(0);
