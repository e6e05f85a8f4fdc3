/** What is looked at as something grows: one table and one small plot each. */

/** One measurement. */
export interface Point {
  readonly panel: Panel;
  /** A program, or a strategy. */
  readonly line: string;
  /** How much there was. */
  readonly x: number;
  readonly y: number;
}

export interface PanelText {
  /** What is measured, with its unit. */
  readonly title: string;
  /** What grows. */
  readonly x: string;
}

export const PANELS = {
  pickNode: { title: "µs a choice, on Node", x: "upstreams in a group" },
  pickBun: { title: "µs a choice, on Bun", x: "upstreams in a group" },
  pickDeno: { title: "µs a choice, on Deno", x: "upstreams in a group" },
  route: { title: "µs to route a path", x: "routes of a forward" },
  take: { title: "µs a take of the rate limit", x: "client addresses" },
  heap: { title: "heap MiB of the rate limit", x: "client addresses" },
  streamMemory: { title: "RSS KiB an idle stream", x: "streams at once" },
  chunk: { title: "CPU µs a chunk", x: "streams at once" },
  download: { title: "MB/s of downloads", x: "bytes of a body" },
  downloadCpu: { title: "CPU ms a MB", x: "bytes of a body" },
  downloadMemory: { title: "RSS MiB after downloads", x: "bytes of a body" },
  check: { title: "ms of a check (-t)", x: "upstreams in a config" },
} as const satisfies Readonly<Record<string, PanelText>>;

export type Panel = keyof typeof PANELS;

/** Those that something was measured for, in order. */
export function shownPanels(points: readonly Point[]): readonly Panel[] {
  const panels = Object.keys(PANELS) as readonly Panel[];
  return panels.filter((panel) => points.some((point) => point.panel === panel));
}

/** A panel's points as curves: all `x` in order, and for each line its values there. */
export interface Curves {
  readonly xs: readonly number[];
  readonly lines: readonly { readonly name: string; readonly ys: readonly (number | undefined)[] }[];
}

export function curvesOf(points: readonly Point[], panel: Panel): Curves {
  const own = points.filter((point) => point.panel === panel);
  const xs = [...new Set(own.map(({ x }) => x))].sort((a, b) => a - b);
  const names = [...new Set(own.map(({ line }) => line))];
  const at = (name: string, x: number): number | undefined =>
    own.find((point) => point.line === name && point.x === x)?.y;
  return { xs, lines: names.map((name) => ({ name, ys: xs.map((x) => at(name, x)) })) };
}
