import { describe, expect, it } from "vitest";
import { read } from "./documents.ts";
import { exposedMetrics, problemsOf } from "./metrics.ts";
import { check, has } from "./tools.ts";

interface Panel {
  readonly title: string;
  readonly gridPos: { readonly x: number; readonly y: number; readonly w: number; readonly h: number };
  readonly targets?: readonly { readonly expr: string }[];
}

const dashboard = JSON.parse(read("examples/compose/grafana/dashboards/llmproxy.json")) as {
  readonly panels: readonly Panel[];
  readonly annotations: { readonly list: readonly { readonly name: string; readonly expr: string }[] };
};
const metrics = await exposedMetrics();
const queries = [
  ...dashboard.panels.flatMap(({ title, targets = [] }) => targets.map(({ expr }) => ({ title, expr }))),
  ...dashboard.annotations.list.map(({ name, expr }) => ({ title: name, expr })),
];

describe("Grafana's dashboard", () => {
  it.each(queries)("asks for metrics and labels that there are: $title", ({ expr }) => {
    expect(problemsOf(expr, metrics)).toEqual([]);
  });

  it("shows every metric of requests and upstreams", () => {
    const all = queries.map(({ expr }) => expr).join("\n");
    const missing = [...metrics.keys()].filter((name) => name.startsWith("llmproxy_") && !all.includes(name));
    expect(missing).toEqual([
      "llmproxy_accept_errors_total",
      "llmproxy_internal_errors_total",
      "llmproxy_build_info",
      "llmproxy_log_lines_dropped_total",
    ]);
  });

  it("has panels that don't lie on each other", () => {
    const overlaps = dashboard.panels.flatMap(({ title, gridPos: a }, i) =>
      dashboard.panels
        .slice(i + 1)
        .filter(({ gridPos: b }) => a.x < b.x + b.w && b.x < a.x + a.w && a.y < b.y + b.h && b.y < a.y + a.h)
        .map((other) => `${title} and ${other.title}`),
    );
    expect(overlaps).toEqual([]);
  });

  it.skipIf(!has("promtool"))("has queries that are PromQL to promtool", () => {
    const rules = queries.map(({ expr }, i) => ({
      record: `a:query${i}`,
      expr: expr.replaceAll("$__rate_interval", "1m"),
    }));
    const text = JSON.stringify({ groups: [{ name: "dashboard", rules }] });
    expect(check("promtool", (file) => ["check", "rules", file], text)).toContain(
      `${rules.length} rules found`,
    );
  });
});
