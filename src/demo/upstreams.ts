import {
  type Handler,
  ListenError,
  type Listener,
  type ListenOptions,
  type Refusal,
  type Runtime,
} from "../runtime/runtime.ts";

/** A simulated upstream that can be killed and revived while the demo runs. */
export interface DemoUpstream {
  readonly name: string;
  /** The port it has, also while it is down. */
  readonly port: number;
  readonly state: "up" | "down";
  /** Closes its listener, running answers included: from then on connections are refused. */
  kill(): Promise<void>;
  /** Listens on the same port again. Rejects with {@link ListenError} when another process has taken it. */
  revive(): Promise<void>;
}

export const LOOPBACK = "127.0.0.1";

/** No client of a demo is slow on purpose: an hour. */
const PATIENCE_MS = 3_600_000;

const REFUSED: Readonly<Record<Refusal, number>> = {
  bad_request: 400,
  request_timeout: 408,
  headers_too_large: 431,
};

/** How the demo listens: on loopback, without limits that would show. */
export function listenOptions(port: number): ListenOptions {
  return {
    address: LOOPBACK,
    port,
    headTimeout: 60_000,
    idleTimeout: PATIENCE_MS,
    writeTimeout: PATIENCE_MS,
    refuse: (refusal) => Response.json({ error: refusal }, { status: REFUSED[refusal] }),
  };
}

/** Listens on `port`, or on one the system chooses when that is taken. */
export async function listenNear(
  runtime: Pick<Runtime, "serve">,
  handler: Handler,
  port: number,
): Promise<Listener> {
  try {
    return await runtime.serve(handler, listenOptions(port));
  } catch (error) {
    if (!(error instanceof ListenError) || error.kind !== "in_use" || port === 0) throw error;
    return runtime.serve(handler, listenOptions(0));
  }
}

/** Starts it on `port`, or near it. */
export async function startUpstream(
  runtime: Pick<Runtime, "serve">,
  name: string,
  handler: Handler,
  port: number,
): Promise<DemoUpstream> {
  let listener: Listener | undefined = await listenNear(runtime, handler, port);
  const { port: ownPort } = listener;
  // Changes that are asked for at the same moment are made one after the other.
  let queue: Promise<void> = Promise.resolve();
  const inTurn = (change: () => Promise<void>): Promise<void> => {
    const done = queue.then(change);
    queue = done.catch(() => undefined);
    return done;
  };

  return {
    name,
    port: ownPort,
    get state() {
      return listener ? "up" : "down";
    },
    kill: () =>
      inTurn(async () => {
        const closing = listener;
        listener = undefined;
        await closing?.close();
      }),
    revive: () =>
      inTurn(async () => {
        listener ??= await runtime.serve(handler, listenOptions(ownPort));
      }),
  };
}
