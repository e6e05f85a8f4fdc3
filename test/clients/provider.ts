/** The simulated provider that all clients talk to at once, with a record of each row's own calls. */

import { createRuntime } from "../../adapters/node/runtime.ts";
import { systemClock } from "../../src/base/clock.ts";
import type { SimulatorOptions } from "../../src/simulator/options.ts";
import { createSimulator } from "../../src/simulator/simulator.ts";
import { eventually } from "../support/wait.ts";

/** The header field that tells whose call it is. */
const ROW = "x-test-row";

/** One row's calls. */
export interface Calls {
  /** The field that marks a request as this row's. */
  readonly headers: Readonly<Record<string, string>>;
  /** How many there were. */
  count(): number;
  /** Resolves once one of them was left by its client before its end. */
  left(): Promise<void>;
}

export interface Provider {
  readonly url: string;
  open(): Calls;
  close(): Promise<void>;
}

export async function startProvider(options: SimulatorOptions = {}): Promise<Provider> {
  const simulator = createSimulator(options, { clock: systemClock });
  const signals = new Map<string, AbortSignal[]>();
  const listener = await createRuntime().serve(
    (request) => {
      signals.get(request.headers.get(ROW) ?? "")?.push(request.signal);
      return simulator.fetch(request);
    },
    {
      address: "127.0.0.1",
      port: 0,
      headTimeout: 10_000,
      idleTimeout: 75_000,
      writeTimeout: 60_000,
      refuse: () => new Response(null, { status: 400 }),
    },
  );
  return {
    url: `http://127.0.0.1:${listener.port}`,
    open() {
      const row = crypto.randomUUID();
      const own: AbortSignal[] = [];
      signals.set(row, own);
      return {
        headers: { [ROW]: row },
        count: () => own.length,
        async left() {
          await eventually(
            () => own.some(({ aborted }) => aborted),
            3_000,
            "the upstream sees that its client left",
          );
        },
      };
    },
    close: () => listener.close(),
  };
}
