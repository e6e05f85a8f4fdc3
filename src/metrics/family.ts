/** A metric with all its series, as prom-client's Registry takes and writes it. */

import type { Metric } from "prom-client";
import type { Registering } from "./exposition.ts";

/** A label's value by its name. They are written in the order in which they were given. */
export type Labels<T extends string = string> = Readonly<Record<T, string>>;

/** One line of the text. */
export interface Sample {
  /** Where it is not the family's own name. */
  readonly metricName?: string;
  /** Written first; `le` for a bucket. */
  readonly labels: Readonly<Record<string, string | number>>;
  /** Written next. The Registry keeps the text of each of these objects, so that a scrape joins it only once. */
  readonly sharedLabels: Labels;
  readonly value: number;
}

/** A series: it is counted into on the request path and looked at when a scrape comes. */
export interface Cell {
  /** Its lines. */
  samples(): readonly Sample[];
}

/** One metric and its series. */
export interface Family<T extends string, C> {
  /**
   * The series with these labels: the same one for the same labels. It makes a key of them, so keep what it returns
   * where requests pass.
   */
  cell(labels: Labels<T>): C;
}

export interface FamilyOptions<T extends string, C extends Cell> {
  readonly name: string;
  readonly help: string;
  readonly type: "counter" | "gauge" | "histogram";
  readonly labelNames: readonly T[];
  /** `written` has the series that a scrape shows, in their order: a cell puts itself there when it is first used. */
  readonly createCell: (labels: Labels<T>, written: C[]) => C;
}

/** Registers a metric. */
export function registerFamily<T extends string, C extends Cell>(
  registry: Registering,
  { name, help, type, labelNames, createCell }: FamilyOptions<T, C>,
): Family<T, C> {
  const cells = new Map<string, C>();
  const written: C[] = [];
  const metric = {
    name,
    help,
    type,
    get: () => ({ name, help, type, values: written.flatMap((cell) => cell.samples()) }),
  };
  // The Registry asks for a name and for what get() returns. Its type asks for prom-client's own classes, whose
  // counting costs more than all else that is done for a request here.
  registry.registerMetric(metric as unknown as Metric);
  return {
    cell(labels) {
      // JSON, so that no value can look like the end of one and the begin of the next.
      const key = JSON.stringify(labelNames.map((label) => labels[label]));
      let cell = cells.get(key);
      if (cell === undefined) {
        cell = createCell(labels, written);
        cells.set(key, cell);
      }
      return cell;
    },
  };
}
