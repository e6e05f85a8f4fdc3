import fc from "fast-check";
import { Counter, Gauge, Histogram, Registry } from "prom-client";
import { describe, expect, it } from "vitest";
import { createFamilies, DURATION_BUCKETS } from "../../src/metrics/families.ts";
import { registerFamily } from "../../src/metrics/family.ts";
import { NumberCell } from "../../src/metrics/number-cell.ts";

const COUNTER = "llmproxy_upstream_requests_total";
const GAUGE = "llmproxy_in_flight_requests";
const HISTOGRAM = "llmproxy_upstream_duration_seconds";
const NAMES = [COUNTER, GAUGE, HISTOGRAM];

/** The proxy's own families. */
function ours() {
  const registry = new Registry();
  const {
    upstreamRequests: counter,
    inFlight: gauge,
    upstreamDuration: histogram,
  } = createFamilies(registry);
  return { registry, counter, gauge, histogram };
}

/** The same three as prom-client has them. */
function theirs() {
  const registry = new Registry();
  const common = { labelNames: ["group", "upstream"], registers: [registry] };
  return {
    registry,
    counter: new Counter({ name: COUNTER, help: "Attempts sent to an upstream.", ...common }),
    gauge: new Gauge({ name: GAUGE, help: "Attempts that an upstream is serving now.", ...common }),
    histogram: new Histogram({
      name: HISTOGRAM,
      help: "Time of an attempt to the end of its body.",
      buckets: [...DURATION_BUCKETS],
      ...common,
    }),
  };
}

const texts = (registry: Registry): Promise<string[]> =>
  Promise.all(NAMES.map((name) => registry.getSingleMetricAsString(name)));

const LABELS = [
  { group: "chat", upstream: "one" },
  { group: "chat", upstream: "two" },
  { upstream: "one", group: "other" },
  { group: 'a "name"\\', upstream: "with\nodd,characters:" },
  { group: "", upstream: "" },
] as const;

/** Calls that both sides know; `zero` is how prom-client shows a histogram's series at 0. */
const CALLS = [
  "inc",
  "up",
  "down",
  "set",
  "observe",
  "show counter",
  "show gauge",
  "show histogram",
] as const;

const seconds = fc.oneof(
  fc.constantFrom(...DURATION_BUCKETS),
  fc.constantFrom(...DURATION_BUCKETS).map((bound) => bound * (1 + Number.EPSILON)),
  fc.double({ min: 0, max: 700, noNaN: true }),
  fc.constantFrom(0, -0, -1, 0.1 + 0.2, 600.001, 1e21, 1e-9, Number.MAX_VALUE, 5e-324),
);

describe("the cells' text", () => {
  it("is prom-client's, byte for byte, for the same calls at every scrape", async () => {
    const call = fc.record({
      labels: fc.constantFrom(...LABELS),
      what: fc.constantFrom(...CALLS),
      value: seconds,
    });
    await fc.assert(
      fc.asyncProperty(fc.array(fc.array(call, { maxLength: 40 }), { maxLength: 3 }), async (scrapes) => {
        const [own, reference] = [ours(), theirs()];
        const observed = new Set<unknown>();
        for (const calls of scrapes) {
          for (const { labels, what, value } of calls) {
            const [counter, gauge] = [own.counter.cell(labels), own.gauge.cell(labels)];
            const histogram = own.histogram.cell(labels);
            switch (what) {
              case "inc":
                counter.inc();
                reference.counter.inc(labels);
                break;
              case "up":
                gauge.inc();
                reference.gauge.inc(labels);
                break;
              case "down":
                gauge.dec();
                reference.gauge.dec(labels);
                break;
              case "set":
                gauge.set(value);
                reference.gauge.set(labels, value);
                break;
              case "observe":
                histogram.observe(value);
                reference.histogram.observe(labels, value);
                observed.add(labels);
                break;
              case "show counter":
                counter.show();
                reference.counter.inc(labels, 0);
                break;
              case "show gauge":
                gauge.show();
                reference.gauge.inc(labels, 0);
                break;
              case "show histogram":
                histogram.show();
                // prom-client's zero() also forgets what was observed: a cell never goes back.
                if (!observed.has(labels)) reference.histogram.zero(labels);
            }
          }
          expect(await texts(own.registry)).toEqual(await texts(reference.registry));
        }
      }),
      { numRuns: 200 },
    );
  });

  it("has a value on a bound in that bound's bucket, and one above all bounds only in +Inf", async () => {
    const { registry, histogram } = ours();
    for (const value of [0.005, 600, 600.5]) histogram.cell(LABELS[0]).observe(value);
    const text = await registry.getSingleMetricAsString(HISTOGRAM);
    const counts = [...text.matchAll(/le="([^"]+)".* (\d+)$/gm)].map(([, le, count]) => `${le} ${count}`);
    expect([counts.at(0), counts.at(-3), counts.at(-2), counts.at(-1)]).toEqual([
      "0.005 1",
      "300 1",
      "600 2",
      "+Inf 3",
    ]);
    expect(text).toContain(`${HISTOGRAM}_sum{group="chat",upstream="one"} 1200.505\n`);
  });

  it("has a series that is shown from the start at 0, and none that was only asked for", async () => {
    const [own, reference] = [ours(), theirs()];
    own.histogram.cell(LABELS[1]);
    own.counter.cell(LABELS[1]);
    own.histogram.cell(LABELS[0]).show();
    own.counter.cell(LABELS[0]).show();
    reference.histogram.zero(LABELS[0]);
    reference.counter.inc(LABELS[0], 0);
    const all = await texts(own.registry);
    expect(all).toEqual(await texts(reference.registry));
    expect(all.join("\n")).toContain(`${HISTOGRAM}_bucket{le="+Inf",group="chat",upstream="one"} 0\n`);
    expect(all.join("\n")).not.toContain("two");
  });
});

describe("a cell", () => {
  it("is the same for the same labels, in whatever order they are given", () => {
    const { counter } = ours();
    const cell = counter.cell({ group: "a", upstream: "b" });
    expect(counter.cell({ upstream: "b", group: "a" })).toBe(cell);
    expect(counter.cell({ group: "b", upstream: "a" })).not.toBe(cell);
  });

  it("is never shared by labels that only look alike when they are joined", () => {
    const { counter } = ours();
    expect(counter.cell({ group: 'a","b', upstream: "c" })).not.toBe(
      counter.cell({ group: "a", upstream: 'b","c' }),
    );
  });

  it.each([Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY])(
    "of a histogram refuses %d as prom-client does, and nothing is counted",
    async (value) => {
      const [own, reference] = [ours(), theirs()];
      expect(() => own.histogram.cell(LABELS[0]).observe(value)).toThrow(TypeError);
      expect(() => reference.histogram.observe(LABELS[0], value)).toThrow(TypeError);
      expect(await texts(own.registry)).toEqual(await texts(reference.registry));
    },
  );

  it("of a name that is taken can't be had", () => {
    const registry = new Registry();
    const register = () =>
      registerFamily<"a", NumberCell>(registry, {
        name: "llmproxy_x",
        help: "X.",
        type: "gauge",
        labelNames: ["a"],
        createCell: (labels, written) => new NumberCell(labels, written),
      });
    register();
    expect(register).toThrow("already been registered");
  });
});
