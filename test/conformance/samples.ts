/** A program's metrics, as a scrape shows them. */

import type { RunningProxy } from "../support/programs.ts";
import { request } from "../support/raw-request.ts";

export interface Samples {
  /** The values of `label` of a metric's series that have these labels and are above 0; sorted. */
  labels(metric: string, having: Readonly<Record<string, string>>, label: string): readonly string[];
  /** The values of `label` of a metric's series that have these labels, each with its count; `-` for none. */
  counted(metric: string, having: Readonly<Record<string, string>>, label: string): string;
  /** Their sum. */
  sum(metric: string, having: Readonly<Record<string, string>>): number;
}

interface Sample {
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

export async function samplesOf(proxy: RunningProxy): Promise<Samples> {
  const text = (await request(proxy.adminPort, "/metrics", { deadline: 20_000 })).text();
  /** By metric and upstream: there are many of both. */
  const samples = new Map<string, Sample[]>();
  for (const line of text.split("\n")) {
    const parsed = parse(line);
    if (parsed === undefined) continue;
    const key = `${parsed.metric} ${parsed.labels["upstream"] ?? ""}`;
    samples.set(key, [...(samples.get(key) ?? []), parsed]);
  }
  const find = (metric: string, having: Readonly<Record<string, string>>): readonly Sample[] => {
    const own = having["upstream"] === undefined ? [...samples.keys()] : [`${metric} ${having["upstream"]}`];
    return own
      .filter((key) => key.startsWith(`${metric} `))
      .flatMap((key) => samples.get(key) ?? [])
      .filter(({ labels }) => Object.entries(having).every(([name, value]) => labels[name] === value));
  };
  const positive = (metric: string, having: Readonly<Record<string, string>>): readonly Sample[] =>
    find(metric, having).filter(({ value }) => value > 0);
  return {
    labels: (metric, having, label) =>
      positive(metric, having)
        .map(({ labels }) => labels[label] ?? "")
        .sort(),
    counted(metric, having, label) {
      const shown = positive(metric, having).map(
        ({ labels, value }) => `${labels[label]}${value === 1 ? "" : ` ×${value}`}`,
      );
      return shown.sort().join(", ") || "-";
    },
    sum: (metric, having) => find(metric, having).reduce((sum, { value }) => sum + value, 0),
  };
}

function parse(line: string): (Sample & { readonly metric: string }) | undefined {
  const match = /^(\w+)(?:\{(.*)\})? (\S+)$/.exec(line);
  if (match === null) return undefined;
  const [, metric = "", labels = "", value = ""] = match;
  const pairs = [...labels.matchAll(/(\w+)="((?:[^"\\]|\\.)*)"/g)].map(([, name = "", text = ""]) => [
    name,
    text,
  ]);
  return { metric, labels: Object.fromEntries(pairs), value: Number(value) };
}
