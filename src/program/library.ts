/** One forward as a function from `Request` to `Response`, for programs that have a server of their own. */

import { systemClock } from "../base/clock.ts";
import { createOwnDeadlines } from "../base/own-deadlines.ts";
import { VERSION } from "../base/version.ts";
import type { Config } from "../config/config.ts";
import type { ConfigObject } from "../config/config-object.ts";
import { type Diagnostic, formatDiagnostic } from "../config/diagnostics.ts";
import { parseConfig } from "../config/load.ts";
import type { Forward as CoreForward } from "../forward/app.ts";
import { createLog } from "../log/log.ts";
import { createMetrics } from "../metrics/metrics.ts";
import type { Peer, Runtime } from "../runtime/runtime.ts";
import type { GroupHealth } from "../upstream/group-health.ts";
import { warnOfLacks } from "./announce.ts";
import { createProxy } from "./proxy.ts";

export type { ConfigObject } from "../config/config-object.ts";
export type { Diagnostic } from "../config/diagnostics.ts";
export type { GroupHealth } from "../upstream/group-health.ts";

/** A forward that a server of one's own calls. */
export interface Forward {
  /**
   * Answers a client's request. Never rejects. May be passed around without its object.
   *
   * @param peer who sent it: the address that rate limits count and that upstreams see in X-Forwarded-For. Whatever has
   *   no `address` is passed over; the address is then 0.0.0.0.
   */
  readonly fetch: (request: Request, peer?: Pick<Peer, "address"> | object) => Promise<Response>;
  /** All metrics in Prometheus' text format 0.0.4. */
  metrics(): Promise<string>;
  /** Each group's upstreams, as `GET /health/upstreams` of the program shows them. */
  health(): readonly GroupHealth[];
  /** Ends the health checks and closes idle connections. Running answers go on. */
  close(): void;
}

/** What a forward may be given beside its config. */
export interface ForwardOptions {
  /**
   * Name of the config's forward.
   * @default the only one
   */
  readonly forward?: string;
  /**
   * Where `${NAME}` comes from: `process.env`, a worker's `env`. Values that are no text are passed over.
   * @default nothing is set
   */
  readonly env?: Readonly<Record<string, unknown>>;
  /**
   * Reads the UTF-8 files that the config names (`${file:…}`); rejects with an `Error` whose message says why.
   * @default no file can be read
   */
  readonly readTextFile?: (path: string) => Promise<string>;
  /**
   * Takes the log, one JSON line a call, without its newline.
   * @default the log is thrown away
   */
  readonly write?: (line: string) => void;
  /**
   * Whether upstreams with a `health_check` are checked from now on. Needs timers that outlive a request.
   * @default true
   */
  readonly healthChecks?: boolean;
  /**
   * Whether answers and the log tell of every attempt.
   * @default false
   */
  readonly tracing?: boolean;
}

/** What a platform supplies. */
export type LibraryRuntime = Pick<
  Runtime,
  "name" | "version" | "lacks" | "createFetch" | "watchBody" | "createResponse" | "createAbortController"
>;

/** A config can't be used: its message has all that is wrong with it. */
export class ConfigError extends Error {
  override readonly name = "ConfigError";
  /** In the order of the config; empty where the config is fine and `forward` names none of it. */
  readonly diagnostics: readonly Diagnostic[];

  constructor(message: string, diagnostics: readonly Diagnostic[] = []) {
    super(message);
    this.diagnostics = diagnostics;
  }
}

/**
 * Makes one forward of a config.
 *
 * @param config as in config.yaml: its text, or the same as an object
 * @throws {ConfigError} when the config is wrong, has no such forward, or asks for what the platform can't do
 */
export async function createForward(
  config: string | ConfigObject,
  options: ForwardOptions,
  runtime: LibraryRuntime,
): Promise<Forward> {
  const { write = () => {}, tracing = false, healthChecks = true } = options;
  const log = createLog({ write, debug: tracing });
  const checked = await check(config, options, (warning) =>
    log.warn("configuration", { detail: formatDiagnostic(warning) }),
  );
  warnOfLacks(checked, runtime, log);
  const { name, version } = runtime;
  const metrics = createMetrics({ runtime: name, version: VERSION, processStats: () => ({}) });
  const proxy = createProxy(checked, {
    runtime,
    metrics,
    log,
    clock: systemClock,
    deadlines: createOwnDeadlines(systemClock),
    random: Math.random,
    tracing,
  });
  const { handler } = choose(proxy.forwards, options.forward);
  if (healthChecks) proxy.startHealthChecks();
  log.info("ready", { version: VERSION, runtime: name, runtime_version: version });
  return {
    fetch: async (request, peer) => handler(request, { address: addressOf(peer) }),
    metrics: () => metrics.text(),
    health: proxy.health,
    close: proxy.close,
  };
}

async function check(
  config: string | ConfigObject,
  { env = {}, readTextFile = noFiles }: ForwardOptions,
  warn: (warning: Diagnostic) => void,
): Promise<Config> {
  const deps = {
    file: "config",
    readTextFile,
    env(name: string) {
      const value = Object.hasOwn(env, name) ? env[name] : undefined;
      return typeof value === "string" ? value : undefined;
    },
  };
  // JSON is YAML: an object goes the way of a file, and its errors have the same words.
  const text = typeof config === "string" ? config : JSON.stringify(config, null, 2);
  const { config: checked, errors, warnings } = await parseConfig(text, deps);
  if (checked === undefined) {
    throw new ConfigError(["The config is wrong:", ...errors.map(formatDiagnostic)].join("\n"), errors);
  }
  for (const warning of warnings) warn(warning);
  return checked;
}

async function noFiles(): Promise<string> {
  throw new Error("no file can be read: the option readTextFile is not given");
}

function choose(forwards: readonly CoreForward[], name: string | undefined): CoreForward {
  const [first, ...others] = forwards;
  const found =
    name === undefined && others.length === 0 ? first : forwards.find((one) => one.config.name === name);
  if (found !== undefined) return found;
  const names = forwards.map(({ config }) => `"${config.name}"`).join(", ");
  const asked = name === undefined ? "none is chosen" : `found "${name}"`;
  throw new ConfigError(`forward: ${asked}, expected one of ${names}`);
}

/** A worker's handler is called with its environment in second place: that is no peer. */
function addressOf(peer: object | undefined): string {
  return peer !== undefined && "address" in peer && typeof peer.address === "string"
    ? peer.address
    : "0.0.0.0";
}
