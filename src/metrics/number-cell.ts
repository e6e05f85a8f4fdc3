/** One series of a counter or a gauge: a number. */

import type { Cell, Labels, Sample } from "./family.ts";

/** What a counter can do: it never goes down. */
export type CounterCell = Cell & Pick<NumberCell, "inc" | "show">;

/** What a gauge can do. */
export type GaugeCell = Cell & Pick<NumberCell, "inc" | "dec" | "set" | "show">;

const NO_LABELS = {};

/** A number that has its place in the text from the first time it is counted, set or shown. */
export class NumberCell implements Cell {
  readonly #labels: Labels;
  readonly #written: NumberCell[];
  #value = 0;
  #shown = false;

  /** @param written the family's series that are shown, in their order */
  constructor(labels: Labels, written: NumberCell[]) {
    this.#labels = labels;
    this.#written = written;
  }

  /** Adds one. */
  inc(): void {
    this.#value += 1;
    if (!this.#shown) this.show();
  }

  /** Takes one away. */
  dec(): void {
    this.#value -= 1;
    if (!this.#shown) this.show();
  }

  set(value: number): void {
    this.#value = value;
    if (!this.#shown) this.show();
  }

  /** Shows it as it is, at 0 before anything was counted. */
  show(): void {
    if (this.#shown) return;
    this.#shown = true;
    this.#written.push(this);
  }

  samples(): readonly Sample[] {
    return [{ labels: NO_LABELS, sharedLabels: this.#labels, value: this.#value }];
  }
}
