/** What a run of growth writes into docs/performance.md. */

import { digits, markdown } from "../report/table.ts";
import { curvesOf, PANELS, type Point, shownPanels } from "./panels.ts";

/** Markdown: the plot, and a table for each panel. */
export function growthReport(points: readonly Point[]): string {
  const panels = shownPanels(points).map((panel) => {
    const { xs, notes, lines } = curvesOf(points, panel);
    const { title, x } = PANELS[panel];
    const rows = lines.map(({ name, ys }) => [name, ...ys.map((y) => (y === undefined ? "" : digits(y)))]);
    return `**${title}**\n\n${markdown([[x, ...xs.map((value) => noted(value, notes))], ...rows])}`;
  });
  const date = new Date().toISOString().slice(0, 10);
  return `Last run: ${date}. Both axes are logarithmic: a flat curve costs nothing, a diagonal grows with what it counts.

![How cost grows](growth.svg)

${panels.join("\n\n")}`;
}

/** With the reason why it is not more, where there is one: `9,900 (limit of open files)`. */
export function noted(value: number, notes: ReadonlyMap<number, string>): string {
  const note = notes.get(value);
  return note === undefined ? short(value) : `${value.toLocaleString("en")} (${note})`;
}

/** A thousand is 1k, a million 1M. */
export function short(value: number): string {
  if (value >= 1e6) return `${+(value / 1e6).toFixed(1)}M`;
  return value >= 1000 ? `${+(value / 1000).toFixed(1)}k` : String(value);
}
