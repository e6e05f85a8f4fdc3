/** One series of a histogram: how many values fell into each bucket, and their sum. */

import type { Cell, Labels, Sample } from "./family.ts";

/** What all series of one histogram share. */
export interface HistogramShape {
  /** Upper bounds, rising. The last is Infinity, so that a search always ends. */
  readonly bounds: readonly number[];
  /** For each bound its label `le`. */
  readonly bucketLabels: readonly { readonly le: string | number }[];
  readonly bucketName: string;
  readonly sumName: string;
  readonly countName: string;
}

/** @param buckets the upper bounds, rising, without the infinite one */
export function histogramShape(name: string, buckets: readonly number[]): HistogramShape {
  return {
    bounds: [...buckets, Number.POSITIVE_INFINITY],
    bucketLabels: [...buckets.map((le) => ({ le })), { le: "+Inf" }],
    bucketName: `${name}_bucket`,
    sumName: `${name}_sum`,
    countName: `${name}_count`,
  };
}

const NO_LABELS = {};

/** A histogram that has its place in the text from the first time it observes or is shown. */
export class HistogramCell implements Cell {
  readonly #shape: HistogramShape;
  readonly #bounds: readonly number[];
  readonly #labels: Labels;
  readonly #written: HistogramCell[];
  /** One for each bound, and not cumulative: that is left for the scrape. */
  readonly #counts: number[];
  #sum = 0;
  #shown = false;

  /** @param written the family's series that are shown, in their order */
  constructor(shape: HistogramShape, labels: Labels, written: HistogramCell[]) {
    this.#shape = shape;
    this.#bounds = shape.bounds;
    this.#labels = labels;
    this.#written = written;
    this.#counts = shape.bounds.map(() => 0);
  }

  /** Counts a value; one on a bound belongs to that bound's bucket. Throws a TypeError for one that is not finite. */
  observe(value: number): void {
    // One NaN would make the sum useless for as long as the process runs.
    if (!Number.isFinite(value)) throw new TypeError(`not a finite number: ${value}`);
    const bounds = this.#bounds;
    let bucket = 0;
    while (value > (bounds[bucket] ?? value)) bucket++;
    this.#counts[bucket] = (this.#counts[bucket] ?? 0) + 1;
    this.#sum += value;
    if (!this.#shown) this.show();
  }

  /** Shows it as it is, at 0 before anything was observed. */
  show(): void {
    if (this.#shown) return;
    this.#shown = true;
    this.#written.push(this);
  }

  samples(): readonly Sample[] {
    const { bucketLabels, bucketName, sumName, countName } = this.#shape;
    const sharedLabels = this.#labels;
    let count = 0;
    const samples: Sample[] = bucketLabels.map((labels, bucket) => {
      count += this.#counts[bucket] ?? 0;
      return { metricName: bucketName, labels, sharedLabels, value: count };
    });
    samples.push(
      { metricName: sumName, labels: NO_LABELS, sharedLabels, value: this.#sum },
      { metricName: countName, labels: NO_LABELS, sharedLabels, value: count },
    );
    return samples;
  }
}
