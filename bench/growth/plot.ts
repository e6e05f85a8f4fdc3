/** docs/growth.svg: a small plot for each panel, both axes logarithmic. */

import { COLORS, svg, text } from "../report/svg.ts";
import { curvesOf, PANELS, type Panel, type Point, shownPanels } from "./panels.ts";
import { noted, short } from "./table.ts";

const [COLUMNS, WIDTH, HEIGHT] = [3, 300, 250];
/** Around the axes of a panel: for its title, its ticks, and the names of its curves. */
const [LEFT, RIGHT, TOP, BOTTOM] = [48, 12, 24, 84];
const NAMES_A_ROW = 2;

export function plotOf(points: readonly Point[]): string {
  const panels = shownPanels(points);
  const parts = panels.flatMap((panel, i) => [
    `<g transform="translate(${(i % COLUMNS) * WIDTH} ${Math.floor(i / COLUMNS) * HEIGHT})">`,
    ...plot(points, panel),
    "</g>",
  ]);
  const title = `How cost grows: ${panels.map((panel) => PANELS[panel].title).join("; ")}`;
  return svg(COLUMNS * WIDTH, Math.ceil(panels.length / COLUMNS) * HEIGHT, title, parts);
}

function plot(points: readonly Point[], panel: Panel): readonly string[] {
  const { xs, notes, lines } = curvesOf(points, panel);
  const values = lines.flatMap(({ ys }) => ys).filter((y): y is number => y !== undefined && y > 0);
  const x = scale(Math.min(...xs), Math.max(...xs), LEFT, WIDTH - RIGHT - 8);
  const ticks = ticksOf(Math.min(...values), Math.max(...values));
  const y = scale(ticks.at(0) ?? 1, ticks.at(-1) ?? 10, HEIGHT - BOTTOM, TOP);
  const curves = lines.flatMap(({ name, ys }, i) => {
    const color = COLORS[i % COLORS.length];
    // A logarithm has no place for nothing.
    const at = xs.flatMap((value, j) => {
      const height = ys[j] ?? 0;
      return height > 0 ? [[x(value), y(height)] as const] : [];
    });
    const [column, row] = [i % NAMES_A_ROW, Math.floor(i / NAMES_A_ROW)];
    const width = (WIDTH - LEFT) / NAMES_A_ROW;
    return [
      `<polyline fill="none" stroke="${color}" stroke-width="1.5" points="${at.map(([a, b]) => `${a.toFixed(1)},${b.toFixed(1)}`).join(" ")}"/>`,
      ...at.map(([a, b]) => `<circle cx="${a.toFixed(1)}" cy="${b.toFixed(1)}" r="2" fill="${color}"/>`),
      small(LEFT + column * width, HEIGHT - BOTTOM + 46 + row * 12, name, "start", color),
    ];
  });
  return [
    text(LEFT, 14, PANELS[panel].title),
    ...ticks.flatMap((tick) => [
      `<path d="M${LEFT} ${y(tick).toFixed(1)}H${WIDTH - RIGHT}" stroke="#8884"/>`,
      small(LEFT - 5, y(tick) + 3, short(tick), "end"),
    ]),
    ...xs.map((value) => small(x(value), HEIGHT - BOTTOM + 15, short(value), "middle")),
    small((LEFT + WIDTH - RIGHT) / 2, HEIGHT - BOTTOM + 29, axisOf(panel, notes), "middle"),
    ...curves,
  ];
}

/** What grows, and why it did not grow on. */
function axisOf(panel: Panel, notes: ReadonlyMap<number, string>): string {
  const ends = [...notes.keys()].map((value) => `; ${noted(value, notes)}`);
  return PANELS[panel].x + ends.join("");
}

function small(...args: Parameters<typeof text>): string {
  return text(...args).replace("<text ", '<text font-size="9" ');
}

/** A logarithmic axis: the place of a value between two. */
function scale(least: number, most: number, from: number, to: number): (value: number) => number {
  const [low, high] = [Math.log10(least), Math.log10(most)];
  return (value) => from + ((Math.log10(value) - low) / (high - low || 1)) * (to - from);
}

/** From below the least to above the most: powers of ten; where those are few, also 2 and 5 of each. */
function ticksOf(least: number, most: number): readonly number[] {
  const [from, to] = [Math.floor(Math.log10(least)), Math.ceil(Math.log10(most) + 1e-9)];
  const powers = Array.from({ length: to - from + 1 }, (_, i) => 10 ** (from + i));
  if (powers.length > 4) return powers;
  const finer = powers.flatMap((power) => [power, 2 * power, 5 * power]);
  const first = finer.findLastIndex((tick) => tick <= least);
  const last = finer.findIndex((tick) => tick >= most);
  return finer.slice(Math.max(0, first), last + 1).map((tick) => Number(tick.toPrecision(1)));
}
