/**
 * Requests at a steady rate, open loop, to several ports in turn, each over connections of its own: what is between them
 * is measured at the same time. Arguments: requests a second for each, seconds, ports. Prints for each port its
 * milliseconds, and how many requests found no free connection.
 */

import { type Connection, createConnection } from "./connection.ts";

const [rate = 200, seconds = 3, ...ports] = process.argv.slice(2).map(Number);
const CONNECTIONS = 16;
/** The last answers may take so long (ms). */
const PATIENCE = 5000;

interface Target {
  readonly connections: readonly Connection[];
  readonly ms: number[];
  late: number;
}

function fail(why: string): never {
  process.stderr.write(`${why}\n`);
  process.exit(1);
}

async function createTarget(port: number): Promise<Target> {
  const connections = Array.from({ length: CONNECTIONS }, () => createConnection(port, fail));
  return { connections: await Promise.all(connections), ms: [], late: 0 };
}

function fire(target: Target): void {
  const connection = target.connections.find(({ isFree }) => isFree);
  if (connection === undefined) {
    target.late += 1;
    return;
  }
  const began = performance.now();
  connection.send(() => target.ms.push(performance.now() - began));
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
const isDone = ({ ms, late }: Target): boolean => ms.length + late === rate * seconds;
for (const until = Date.now() + PATIENCE; !targets.every(isDone); await Bun.sleep(5)) {
  if (Date.now() > until) fail("some requests were never answered");
}
process.stdout.write(`${JSON.stringify(targets.map(({ ms, late }) => ({ ms, late })))}\n`);
process.exit(0);
