/** Asks an upstream at intervals whether it is well. */

import type { Clock, Random } from "../clock.ts";
import type { HealthCheckConfig, UpstreamConfig } from "../config/config.ts";
import { statusReason } from "../errors.ts";
import { TransportError, type UpstreamFetch } from "../runtime.ts";
import { ownHeaders } from "./headers.ts";

export interface HealthCheck {
  /** The first check goes out at once. */
  start(): void;
  /** Ends the running check too; nothing is left. */
  stop(): void;
}

export interface HealthCheckDeps {
  readonly fetch: UpstreamFetch["fetch"];
  readonly agent: string;
  readonly clock: Clock;
  readonly random: Random;
  /**
   * Told of every check that ended.
   *
   * @param detail `status_503`, `timeout`, or why there was no answer: for the log
   */
  readonly onResult: (well: boolean, detail: string) => void;
}

/** Each interval is up to so much shorter or longer, so that replicas don't march in step. */
const JITTER = 0.1;

/**
 * A GET of the given path of the upstream's host, with the upstream's own auth and header rules: 2xx and 3xx is well.
 * The next check begins an interval after the end of the last one, so that there is never more than one.
 */
export function createHealthCheck(
  upstream: UpstreamConfig,
  { path, interval, timeout }: HealthCheckConfig,
  { fetch, agent, clock, random, onResult }: HealthCheckDeps,
): HealthCheck {
  const url = new URL(path, new URL(upstream.url).origin).href;
  const headers = ownHeaders(upstream, agent);
  let stopped = false;
  let cancelTimer = (): void => {};
  let running: AbortController | undefined;

  async function check(): Promise<void> {
    const controller = new AbortController();
    running = controller;
    let timedOut = false;
    cancelTimer = clock.after(timeout, () => {
      timedOut = true;
      controller.abort();
    });
    const detail = await ask(controller.signal);
    cancelTimer();
    // Whatever is left of the answer: nobody reads it.
    controller.abort();
    running = undefined;
    if (stopped) return;
    onResult(detail === undefined, timedOut ? "timeout" : (detail ?? ""));
    cancelTimer = clock.after(interval * (1 - JITTER + 2 * JITTER * random()), () => void check());
  }

  /** What is wrong, or undefined when it is well. */
  async function ask(signal: AbortSignal): Promise<string | undefined> {
    try {
      const { status, body } = await fetch(url, {
        method: "GET",
        headers,
        body: null,
        signal,
        repeatable: true,
        fresh: false,
        onProgress() {},
      });
      // A body that fails while it is thrown away is over all the same.
      await body?.cancel().catch(() => undefined);
      return status >= 200 && status <= 399 ? undefined : statusReason(status);
    } catch (error) {
      return error instanceof TransportError ? error.kind : String(error);
    }
  }

  return {
    start() {
      stopped = false;
      void check();
    },
    stop() {
      stopped = true;
      cancelTimer();
      running?.abort();
    },
  };
}
