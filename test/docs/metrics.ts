/** What the program exposes, and what queries ask for. */

import { createMetrics } from "../../src/metrics/metrics.ts";

/** The labels of every metric of the program, by its name. */
export async function exposedMetrics(): Promise<ReadonlyMap<string, ReadonlySet<string>>> {
  const metrics = createMetrics({
    runtime: "node",
    version: "1.2.3",
    processStats: () => ({
      cpuUserSeconds: 1,
      cpuSystemSeconds: 1,
      residentBytes: 1,
      heapBytes: 1,
      openFds: 1,
      maxFds: 1,
      startTimeSeconds: 1,
      logLinesDropped: 1,
    }),
  });
  // One of everything: a series is shown once it was counted into.
  const forward = metrics.forward("f");
  const request = forward.request("GET", "/v1/models");
  request.started();
  request.ended(1);
  forward.error("upstream_status", 500);
  forward.rateLimited();
  forward.notAccepted();
  forward.routed("g");
  const member = metrics.member("g", "u", "https://api.example/v1", () => "up");
  member.started();
  member.ended(1);
  member.firstByte(1);
  member.firstToken(1);
  member.failed("reset");
  member.retried("reset");
  member.breakerCall("rejected");
  member.breakerChanged("half_open", "closed");
  const text = await metrics.text();
  const found = new Map<string, Set<string>>();
  for (const [, name = ""] of text.matchAll(/^# TYPE (\S+)/gm)) found.set(name, new Set());
  for (const [, series = "", labels = ""] of text.matchAll(/^(\w+)(?:\{(.*)\})? \S+$/gm)) {
    const names = [...labels.matchAll(/(\w+)="/g)].map(([, label = ""]) => label);
    for (const label of names) found.get(familyOf(series))?.add(label);
  }
  return found;
}

/** The metric of a series: of a histogram's parts too. */
export function familyOf(series: string): string {
  return series.replace(/(_seconds)_(?:bucket|sum|count)$/, "$1");
}

/** Labels that Prometheus adds, and the histogram's. */
const ADDED = ["job", "instance", "le"];

/** What is wrong with a query: metrics and labels that there are none of. */
export function problemsOf(
  query: string,
  metrics: ReadonlyMap<string, ReadonlySet<string>>,
): readonly string[] {
  const bare = query.replaceAll(/"[^"]*"/g, '""');
  const series = [...bare.matchAll(/\b(?:llmproxy|process)_\w+/g)].map(([name]) => name);
  const families = series.map(familyOf);
  const lists = [...bare.matchAll(/\b(?:by|on|without|ignoring)\s*\(([^)]*)\)/g)].flatMap(([, list = ""]) =>
    list.split(",").map((label) => label.trim()),
  );
  const matchers = [...bare.matchAll(/(\w+)\s*(?:=~|!~|!=|=)\s*""/g)].map(([, label = ""]) => label);
  const known = new Set([...ADDED, ...families.flatMap((name) => [...(metrics.get(name) ?? [])])]);
  const isUp = /\bup\b/.test(bare);
  return [
    ...(families.length === 0 && !isUp ? ["asks for no metric of the program"] : []),
    ...families.filter((name) => !metrics.has(name)).map((name) => `no such metric: ${name}`),
    ...[...lists, ...matchers].filter((label) => !known.has(label)).map((label) => `no such label: ${label}`),
  ];
}
