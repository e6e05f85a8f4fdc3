/** Metrics as text. */

/// <reference path="./prom-client.d.ts" />

import type { Metric, Registry } from "prom-client";

/** Where a metric is registered, so that it is in the text. */
export type Registering = Pick<Registry, "registerMetric">;

/** Prometheus' text format 0.0.4. */
export const CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8";

/** The metrics of one proxy: all are registered before the first text. */
export interface Exposition extends Registering {
  /** Rejects where two metrics have one name. */
  text(): Promise<string>;
}

/** prom-client writes the text, and is loaded when the first one is asked for: a start does without it. */
export function createExposition(): Exposition {
  const metrics: Metric[] = [];
  let registry: Registry | undefined;
  return {
    registerMetric: (metric) => void metrics.push(metric),
    async text() {
      // Only one that came is kept: where it can't be loaded now, say for want of open files, the next text may.
      registry ??= await createRegistry(metrics);
      return registry.metrics();
    },
  };
}

async function createRegistry(metrics: readonly Metric[]): Promise<Registry> {
  // The package's index loads all that it has, OpenTelemetry's API among it: 20 times as much as its Registry.
  const { default: Registry } = await import("prom-client/lib/registry.js");
  const registry = new Registry();
  for (const metric of metrics) registry.registerMetric(metric);
  return registry;
}
