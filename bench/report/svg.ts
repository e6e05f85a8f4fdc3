/** The pieces of which plots are made. Grey text, so that it is read on light and on dark pages. */

/** One for each program or curve, in this order. */
export const COLORS = [
  "#2f81f7",
  "#db6d28",
  "#3fb950",
  "#a371f7",
  "#d29922",
  "#f85149",
  "#39c5cf",
  "#bf4b8a",
] as const;

export const GREY = "#888";

export type Anchor = "start" | "middle" | "end";

/** `x` and `y` of its base line. */
export function text(x: number, y: number, words: string, anchor: Anchor = "start", fill = GREY): string {
  return `<text x="${x.toFixed(1)}" y="${y.toFixed(1)}" text-anchor="${anchor}" fill="${fill}">${words}</text>`;
}

export function svg(width: number, height: number, title: string, parts: readonly string[]): string {
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" font-family="sans-serif" font-size="12">
<title>${title}</title>
${parts.join("\n")}
</svg>
`;
}
