/** Opens all listeners of a configuration, or none. */

import type { AdminConfig, ForwardConfig, ListenerConfig } from "../config/config.ts";
import type { Forward } from "../forward/app.ts";
import { refuse } from "../forward/inspect.ts";
import type { Handler, ListenError, Listener, ListenOptions, Runtime } from "../runtime/runtime.ts";

/** A listener that stands. */
export interface Listening {
  readonly kind: "forward" | "admin";
  readonly name: string;
  /** As configured. */
  readonly address: string;
  /** As chosen. */
  readonly port: number;
  readonly url: string;
  readonly listener: Listener;
}

/** A listener that could not be opened. */
export class CannotListen extends Error {
  override readonly name = "CannotListen";
  readonly kind: ListenError["kind"];

  constructor(what: string, cause: ListenError) {
    super(`${what}: ${cause.message}`, { cause });
    this.kind = cause.kind;
  }
}

/** The admin port's answers are small: a client that takes nothing of one for this long (ms) is cut. */
const ADMIN_WRITE_TIMEOUT = 30_000;
const ADMIN_IDLE_TIMEOUT = 75_000;

/**
 * Listens for a forward. Rejects with {@link CannotListen}.
 *
 * @param onNotAccepted see {@link ListenOptions.onNotAccepted}
 */
export function listenForward(
  runtime: Pick<Runtime, "serve">,
  forward: Forward,
  onNotAccepted: () => void = () => undefined,
): Promise<Listening> {
  const { name, timeouts } = forward.config;
  return listen(runtime, "forward", name, forward.config, forward.handler, {
    headTimeout: timeouts.connect,
    idleTimeout: timeouts.idle,
    writeTimeout: timeouts.write,
    onNotAccepted,
  });
}

/** Listens for the admin port. Rejects with {@link CannotListen}. */
export function listenAdmin(
  runtime: Pick<Runtime, "serve">,
  config: AdminConfig,
  handler: Handler,
  onNotAccepted: () => void = () => undefined,
): Promise<Listening> {
  return listen(runtime, "admin", "admin", config, handler, {
    headTimeout: config.connectTimeout,
    idleTimeout: ADMIN_IDLE_TIMEOUT,
    writeTimeout: ADMIN_WRITE_TIMEOUT,
    onNotAccepted,
    essential: true,
  });
}

async function listen(
  runtime: Pick<Runtime, "serve">,
  kind: Listening["kind"],
  name: string,
  { address, port, tls }: ListenerConfig | ForwardConfig,
  handler: Handler,
  options: Omit<ListenOptions, "address" | "port" | "tls" | "refuse">,
): Promise<Listening> {
  const identity = tls === undefined ? {} : { tls: { cert: tls.cert, key: tls.key.reveal() } };
  try {
    const listener = await runtime.serve(handler, { address, port, ...identity, ...options, refuse });
    const url = `${tls === undefined ? "http" : "https"}://${host(address)}:${listener.port}`;
    return { kind, name, address, port: listener.port, url, listener };
  } catch (error) {
    if (!isListenError(error)) throw error;
    throw new CannotListen(`${kind} "${name}" on ${host(address)}:${port}`, error);
  }
}

function isListenError(error: unknown): error is ListenError {
  return error instanceof Error && error.name === "ListenError";
}

function host(address: string): string {
  return address.includes(":") ? `[${address}]` : address;
}
