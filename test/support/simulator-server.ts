import { createRuntime } from "../../adapters/node/runtime.ts";
import { systemClock } from "../../src/base/clock.ts";
import type { SimulatorOptions } from "../../src/simulator/options.ts";
import { createSimulator } from "../../src/simulator/simulator.ts";

export interface SimulatorServer {
  readonly url: string;
  /** What `GET /sim/stats` says. */
  stats(): Promise<Readonly<Record<string, unknown>>>;
  close(): Promise<void>;
}

/** Serves a simulated LLM API on a loopback port. */
export async function startSimulator(options: SimulatorOptions = {}): Promise<SimulatorServer> {
  const app = createSimulator(options, { clock: systemClock });
  const listener = await createRuntime().serve((request) => app.fetch(request), {
    address: "127.0.0.1",
    port: 0,
    headTimeout: 10_000,
    idleTimeout: 75_000,
    writeTimeout: 60_000,
    refuse: () => new Response(null, { status: 400 }),
  });
  const url = `http://127.0.0.1:${listener.port}`;
  return {
    url,
    async stats() {
      const response = await fetch(`${url}/sim/stats`);
      return (await response.json()) as Readonly<Record<string, unknown>>;
    },
    close: () => listener.close(),
  };
}
