import { describe, expect, it } from "vitest";
import { parse, stringify } from "yaml";
import { blocksIn, ROOT, read } from "./documents.ts";
import { parseMarkdown } from "./markdown.ts";
import { exposedMetrics, problemsOf } from "./metrics.ts";
import { check, has } from "./tools.ts";

const hasPromtool = has("promtool");
const metrics = await exposedMetrics();
const document = read("docs/metrics.md");
const { headings, blocks } = parseMarkdown(document);
const queries = blocksIn("promql");

interface Rules {
  readonly groups: readonly {
    readonly rules: readonly { readonly alert: string; readonly expr: string }[];
  }[];
}

const rules = (parse(read("docs/alerts.yaml")) as Rules).groups.flatMap((group) => group.rules);

const checkRules = (text: string): string => check("promtool", (file) => ["check", "rules", file], text);

const asRules = (expressions: readonly string[]): string =>
  stringify({
    groups: [{ name: "docs", rules: expressions.map((expr, i) => ({ record: `docs:query${i}`, expr })) }],
  });

describe("docs/metrics.md", () => {
  it("is about all metrics that there are", () => expect(metrics.size).toBeGreaterThan(20));

  it.each([...metrics.keys()].filter((name) => name.startsWith("llmproxy_")))(
    "has a query for %s",
    (name) => {
      const own = blocks.filter(({ language, heading }) => language === "promql" && heading === name);
      expect(own.filter(({ text }) => text.includes(name)).length).toBeGreaterThan(0);
    },
  );

  it("names every figure of the process", () => {
    const figures = [...metrics.keys()].filter((name) => name.startsWith("process_"));
    expect(figures.filter((name) => !document.includes(name))).toEqual([]);
  });

  it("has no section for a metric that there is none of", () => {
    const sections = headings.filter((heading) => /^(llmproxy|process)_/.test(heading));
    expect(sections.filter((heading) => !metrics.has(heading))).toEqual([]);
  });

  it.each([...metrics].filter(([name]) => name.startsWith("llmproxy_")))(
    "says which labels %s has",
    (name, labels) => {
      const row = document.split("\n").find((line) => line.startsWith("| llmproxy_") && line.includes(name));
      const said = row
        ?.split("|")[2]
        ?.split(",")
        .map((label) => label.trim())
        .filter((label) => label !== "");
      expect(said?.sort()).toEqual([...labels].filter((label) => label !== "le").sort());
    },
  );
});

describe("queries of the docs", () => {
  it.each(queries)("$place asks for metrics and labels that there are", ({ text }) => {
    expect(problemsOf(text, metrics)).toEqual([]);
  });

  it.each(rules)("the alert $alert asks for metrics and labels that there are", ({ expr }) => {
    expect(problemsOf(expr, metrics)).toEqual([]);
  });

  it("would be found if they asked for others", () => {
    const label = 'rate(llmproxy_retries_total{reson="reset"}[5m])';
    expect(problemsOf(label, metrics)).toEqual(["no such label: reson"]);
    expect(problemsOf("sum by (path) (llmproxy_in_flight)", metrics)).toHaveLength(2);
  });

  it.skipIf(!hasPromtool)("are PromQL to promtool (skipped without it: Debian package prometheus)", () => {
    const expressions = queries.map(({ text }) => text);
    expect(checkRules(asRules(expressions))).toContain(`${expressions.length} rules found`);
    expect(checkRules(asRules(["sum by (upstream"]))).toMatch(/^exit code/);
  });

  it.skipIf(!hasPromtool)("fire when they should, and only then (skipped without promtool)", () => {
    const cases = read("test/docs/alerts.test.yaml").replaceAll("RULES", `${ROOT}/docs/alerts.yaml`);
    for (const { alert } of rules) expect(cases).toContain(`alertname: ${alert}\n`);
    expect(check("promtool", (file) => ["test", "rules", file], cases)).toMatch(/^fine/);
    const wrong = cases.replaceAll("llmproxy_time_to_first_token_seconds_bucket", "llmproxy_other_bucket");
    expect(check("promtool", (file) => ["test", "rules", file], wrong)).toMatch(/^exit code/);
  });

  it.skipIf(!hasPromtool)("are alerts to promtool (skipped without it: Debian package prometheus)", () => {
    expect(checkRules(read("docs/alerts.yaml"))).toContain(`${rules.length} rules found`);
  });
});
