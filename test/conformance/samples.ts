/** A program's metrics, as a scrape shows them. */

import type { RunningProxy } from "../support/programs.ts";

export interface Samples {
  /** The values of `label` of a metric's series that have these labels and are above 0; sorted. */
  labels(metric: string, having: Readonly<Record<string, string>>, label: string): readonly string[];
  /** Their sum. */
  sum(metric: string, having: Readonly<Record<string, string>>): number;
}

interface Sample {
  readonly metric: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

export async function samplesOf(proxy: RunningProxy): Promise<Samples> {
  const response = await fetch(`http://127.0.0.1:${proxy.adminPort}/metrics`);
  const samples = (await response.text()).split("\n").flatMap(parse);
  const find = (metric: string, having: Readonly<Record<string, string>>): readonly Sample[] =>
    samples.filter(
      (sample) =>
        sample.metric === metric &&
        Object.entries(having).every(([name, value]) => sample.labels[name] === value),
    );
  return {
    labels: (metric, having, label) =>
      find(metric, having)
        .filter(({ value }) => value > 0)
        .map(({ labels }) => labels[label] ?? "")
        .sort(),
    sum: (metric, having) => find(metric, having).reduce((sum, { value }) => sum + value, 0),
  };
}

function parse(line: string): readonly Sample[] {
  const match = /^(\w+)(?:\{(.*)\})? (\S+)$/.exec(line);
  if (match === null) return [];
  const [, metric = "", labels = "", value = ""] = match;
  const pairs = [...labels.matchAll(/(\w+)="((?:[^"\\]|\\.)*)"/g)].map(([, name = "", text = ""]) => [
    name,
    text,
  ]);
  return [{ metric, labels: Object.fromEntries(pairs), value: Number(value) }];
}
