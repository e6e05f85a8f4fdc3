/** docs/performance.svg: bars for what matters most. */

import type { Kind, Program } from "../programs.ts";
import type { Results } from "../rounds.ts";
import { COLORS, GREY, svg, text } from "./svg.ts";
import { digits } from "./table.ts";

const PANELS = [
  "CPU µs a request",
  "CPU µs a chunk",
  "added p50 ms",
  "RSS MiB, idle",
  "RSS MiB, requests",
  "first answer after ms",
] as const;

const COLOR_OF: Readonly<Partial<Record<Kind, string>>> = {
  node: COLORS[0],
  bun: COLORS[1],
  binary: COLORS[3],
  deno: COLORS[2],
};

const [WIDTH, NAMES, VALUES, GAP, ROW, TITLE] = [380, 100, 50, 20, 18, 26];

/** A panel for each figure, a bar for each program: what is not ours is grey. */
export function plotOf(results: Results, programs: readonly Program[]): string {
  const shown = programs.filter(({ name }) => results.has(name));
  const height = TITLE + shown.length * ROW + GAP;
  const parts = PANELS.flatMap((figure, i) => {
    const [x, y] = [(i % 2) * (WIDTH + GAP), Math.floor(i / 2) * height];
    return panel(figure, results, shown, x, y);
  });
  const title = `${PANELS.join("; ")}: a bar for each program`;
  return svg(2 * WIDTH + GAP, Math.ceil(PANELS.length / 2) * height, title, parts);
}

function panel(
  figure: string,
  results: Results,
  programs: readonly Program[],
  x: number,
  y: number,
): readonly string[] {
  const bars = programs.flatMap(({ name, kind }) => {
    const value = results.get(name)?.[figure];
    return value === undefined || Number.isNaN(value) ? [] : [{ name, value, fill: COLOR_OF[kind] ?? GREY }];
  });
  const most = Math.max(...bars.map(({ value }) => value));
  return [
    text(x + NAMES, y + 16, figure),
    ...bars.flatMap(({ name, value, fill }, i) => {
      const top = y + TITLE + i * ROW;
      // A proxy may add less than what the clock tells apart.
      const length = Math.max(0, value / most) * (WIDTH - NAMES - VALUES);
      return [
        text(x + NAMES - 6, top + 11, name, "end"),
        `<rect x="${x + NAMES}" y="${top}" width="${length.toFixed(1)}" height="${ROW - 5}" fill="${fill}"/>`,
        text(x + NAMES + length + 5, top + 11, digits(value)),
      ];
    }),
  ];
}
