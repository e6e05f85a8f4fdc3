import type { Clock, Random } from "../base/clock.ts";
import type { Listener, Runtime } from "../runtime/runtime.ts";
import type { SimulatorOptions } from "../simulator/options.ts";
import { createSimulator } from "../simulator/simulator.ts";
import { demoBanner } from "./banner.ts";
import { demoConfigYaml } from "./config.ts";
import { createControl } from "./control.ts";
import { type DemoUpstream, LOOPBACK, listenNear, startUpstream } from "./upstreams.ts";

/** The simulated upstreams and their switchboard, listening. */
export interface Demo {
  /** The config of a proxy over these upstreams. */
  readonly configYaml: string;
  /** The text to print once the proxy listens; URLs as they are to be typed, without a slash at the end. */
  banner(listening: {
    readonly forwards: readonly { readonly name: string; readonly url: string }[];
    readonly admin?: string;
  }): string;
  /** Closes all that {@link startDemo} opened. */
  close(): Promise<void>;
}

export interface DemoDeps {
  readonly clock: Clock;
  /** Chooses the simulators' seeds: no two demos say the same. */
  readonly random: Random;
  /** Gets the ports that had to differ from the usual ones. */
  readonly log?: (line: string) => void;
}

const CONTROL_PORT = 4000;

interface Character {
  readonly name: string;
  readonly port: number;
  readonly about: string;
  readonly options: SimulatorOptions;
}

const FAST: Character = {
  name: "fast",
  port: 4001,
  about: "first token after 50 ms, then 100 a second",
  options: { firstTokenMs: 50, jitterMs: 30, tokensPerSecond: 100, tokens: 40 },
};
const SLOW: Character = {
  name: "slow",
  port: 4002,
  about: "first token after 800 ms, then 15 a second",
  options: { firstTokenMs: 800, jitterMs: 200, tokensPerSecond: 15, tokens: 40 },
};
const FLAKY: Character = {
  name: "flaky",
  port: 4003,
  about: "40 of 100 requests fail with 500, 503 or 429",
  options: { firstTokenMs: 150, jitterMs: 50, tokensPerSecond: 50, tokens: 40, errorRate: 0.4 },
};

/**
 * Starts three simulated upstreams on 127.0.0.1:4001–4003 and their switchboard on 4000; where a port is taken the
 * system chooses another. Rejects with what {@link Runtime.serve} rejects with, after closing what was open.
 */
export async function startDemo(
  runtime: Pick<Runtime, "serve">,
  { clock, random, log }: DemoDeps,
): Promise<Demo> {
  const upstreams: DemoUpstream[] = [];
  let control: Listener | undefined;
  const close = async (): Promise<void> => {
    await Promise.all([control?.close(), ...upstreams.map((upstream) => upstream.kill())]);
  };
  const moved = (what: string, from: number, to: number): void => {
    if (to !== from) log?.(`port ${from} is in use: ${what} listens on ${to}`);
  };
  const start = async ({ name, port, options }: Character): Promise<number> => {
    const seed = Math.floor(random() * 2 ** 32);
    const app = createSimulator({ ...options, name, seed }, { clock });
    const upstream = await startUpstream(runtime, name, (request) => app.fetch(request), port);
    upstreams.push(upstream);
    moved(`upstream ${name}`, port, upstream.port);
    return upstream.port;
  };

  try {
    const ports = { fast: await start(FAST), slow: await start(SLOW), flaky: await start(FLAKY) };
    const app = createControl(upstreams);
    control = await listenNear(runtime, (request) => app.fetch(request), CONTROL_PORT);
    moved("the switchboard", CONTROL_PORT, control.port);
    const controlUrl = `http://${LOOPBACK}:${control.port}`;
    return {
      configYaml: demoConfigYaml(ports),
      banner: (listening) =>
        demoBanner({ ...listening, control: controlUrl, upstreams: [FAST, SLOW, FLAKY] }),
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}
