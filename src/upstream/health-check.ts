/** Asks an upstream at intervals whether it is well. */

import type { Clock, Random } from "../base/clock.ts";
import { statusReason } from "../base/errors.ts";
import type { HealthCheckConfig, UpstreamConfig } from "../config/config.ts";
import { ownHeaders } from "../message/headers.ts";
import { TransportError, type UpstreamFetch } from "../runtime/runtime.ts";

export interface HealthCheck {
  /** The first check goes out at once. Call it once. */
  start(): void;
  /** Ends the running check too, untold; nothing is left. */
  stop(): void;
}

export interface HealthCheckDeps {
  readonly fetch: UpstreamFetch["fetch"];
  readonly agent: string;
  readonly clock: Clock;
  readonly random: Random;
  /**
   * Called for every check that ended with a result.
   *
   * @param detail for the log: the status (`status_503`), `timeout`, or why there was no answer (`refused`)
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
  // Joined as text: as a reference, a path that begins with `//` would name another host.
  const url = new URL(upstream.url).origin + path;
  const headers = ownHeaders(upstream, agent);
  let stopped = false;
  let cancelTimer = (): void => {};
  let running: AbortController | undefined;

  async function check(): Promise<void> {
    const controller = new AbortController();
    running = controller;
    cancelTimer = clock.after(timeout, () => controller.abort());
    const result = await ask(controller.signal);
    cancelTimer();
    running = undefined;
    // Ends what is left of an answer: its body is of no interest, and may be endless.
    controller.abort();
    if (stopped) return;
    cancelTimer = clock.after(interval * (1 - JITTER + 2 * JITTER * random()), () => void check());
    if (result !== undefined) onResult(result.well, result.detail);
  }

  /** Undefined where the check says nothing, since the proxy itself had no socket left. */
  async function ask(
    signal: AbortSignal,
  ): Promise<{ readonly well: boolean; readonly detail: string } | undefined> {
    try {
      const { status, body } = await fetch(url, {
        method: "GET",
        headers,
        body: null,
        signal,
        repeatable: true,
        // A pooled connection says nothing of the listener, may be stale, and would be lost to the requests.
        fresh: true,
        onProgress() {},
      });
      // Not waited for: how a body takes its end is nothing to the result.
      body?.cancel().catch(() => undefined);
      return { well: status >= 200 && status <= 399, detail: statusReason(status) };
    } catch (error) {
      const detail = signal.aborted ? "timeout" : reasonOf(error);
      return detail === "no_socket" ? undefined : { well: false, detail };
    }
  }

  return {
    start() {
      void check();
    },
    stop() {
      stopped = true;
      cancelTimer();
      running?.abort();
    },
  };
}

function reasonOf(error: unknown): string {
  return error instanceof TransportError ? error.kind : String(error);
}
