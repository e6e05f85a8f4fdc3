/**
 * The library: one forward in any program that speaks `Request` and `Response`.
 *
 * @example
 * const llm = await createForward(config, { env: process.env });
 * app.all("/v1/*", (c) => llm.fetch(c.req.raw));
 */

import {
  type ConfigObject,
  createForward as create,
  type Forward,
  type ForwardOptions,
} from "../src/program/library.ts";
import type { Fetch } from "./web/client.ts";
import { createRuntime } from "./web/runtime.ts";

export {
  ConfigError,
  type ConfigObject,
  type Diagnostic,
  type Forward,
  type ForwardOptions,
  type GroupHealth,
} from "../src/program/library.ts";
export type { Fetch } from "./web/client.ts";

/** {@link ForwardOptions}, and what the platform may be told. */
export interface Deps extends ForwardOptions {
  /**
   * Sends the requests to the upstreams: a service binding, a client with a proxy of its own.
   * @default the global fetch
   */
  readonly fetch?: Fetch;
}

/**
 * Makes one forward of a config.
 *
 * @param config as in config.yaml: its text, or the same as an object
 * @throws {ConfigError} when the config is wrong, has no such forward, or asks for an outbound proxy or a private CA, which
 *   a plain `fetch` can't have
 */
export function createForward(
  config: string | ConfigObject,
  { fetch = (url, init) => globalThis.fetch(url, init), ...options }: Deps = {},
): Promise<Forward> {
  return create(config, options, createRuntime(fetch));
}
