/** docs/soak.md and its plot. */

import type { Load, Result } from "./soak.ts";

const COLORS = ["#2f81f7", "#db6d28", "#3fb950", "#a371f7"];

export function reportOf(results: readonly Result[], load: Load, about: string): string {
  const names = [...new Set(results.flatMap(({ outcomes }) => [...outcomes.keys()]))].sort();
  const row = (name: string, cell: (result: Result) => string): string =>
    `| ${name} | ${results.map(cell).join(" | ")} |`;
  const ms = ([p50, p99]: readonly [number, number]): string => `${p50.toFixed(0)} / ${p99.toFixed(0)} ms`;
  const mib = (bytes: number): string => `${(bytes / 1024 / 1024).toFixed(0)} MiB`;
  return `# Soak

\`npm run soak\` puts each program under load for a while, with every fault at random: one request in ten at three upstreams is
refused, reset, cut, left hanging, answered with nonsense, with 429 or a 5xx, with an error inside a 200, or with nothing; one
client in ten leaves before its answer is whole. ${load.streams} streams run at once, and ${load.rate} more requests a second are begun,
whatever the machine makes of it; what can't be begun because 600 are waiting is shed and counted. Every answer is checked: a
good one must be exactly what was asked for, a broken one must look broken, an error must be in the table. Then all is silent
for ${9} s, and what is left is counted.

${about}

| | ${results.map(({ program }) => program).join(" | ")} |
|---|${results.map(() => "---|").join("")}
${row("requests a second, streams included", ({ reached }) => reached.toFixed(0))}
${row("shed by the generator", ({ shed }) => String(shed))}
${names.map((name) => row(name, ({ outcomes }) => String(outcomes.get(name) ?? 0))).join("\n")}
${row("unary answers that were whole, p50 / p99", ({ unaryMs }) => ms(unaryMs))}
${row("first byte of whole streams, p50 / p99", ({ streamMs }) => ms(streamMs))}
${row("memory before / most / after", ({ before, resident, after }) => `${mib(before.resident)} / ${mib(Math.max(...resident))} / ${mib(after.resident)}`)}
${row("sockets before / after", ({ before, after }) => `${before.sockets} / ${after.sockets}`)}
${row("what must not be", ({ wrong }) => (wrong.length === 0 ? "nothing" : `**${wrong.join("; ")}**`))}

The first byte of a stream comes with its first content, since the head is held back until then; the upstreams take ${120} ms
for it. In-flight counts were 0 at the end, every request had exactly one log line, nothing was logged as an error, and the
programs used no CPU at rest: no timer was left. An answer that the log says was cut may have reached the client as *no
answer*: Bun's server sends a head with its body's first byte, and Bun's fetch, which is the client here, may lose what comes
together with a connection's end.

![Resident memory, second by second](soak.svg)
`;
}

/** Resident memory over time, one curve a program. */
export function plotOf(results: readonly Result[]): string {
  const [width, height, left, bottom] = [760, 320, 60, 40];
  const seconds = Math.max(...results.map(({ resident }) => resident.length));
  const most = Math.ceil(Math.max(...results.flatMap(({ resident }) => resident)) / 1024 / 1024 / 50) * 50;
  const x = (second: number): number => left + (second / seconds) * (width - left - 20);
  const y = (mib: number): number => height - bottom - (mib / most) * (height - bottom - 20);
  const text = (at: readonly [number, number], words: string, anchor = "middle", fill = "#888"): string =>
    `<text x="${at[0].toFixed(1)}" y="${at[1].toFixed(1)}" text-anchor="${anchor}" fill="${fill}">${words}</text>`;
  const steps = Array.from({ length: 6 }, (_, i) => i / 5);
  const grid = steps.flatMap((part) => [
    `<path d="M${left} ${y(most * part)}H${width - 20}" stroke="#8884"/>`,
    text([left - 8, y(most * part) + 4], String(Math.round(most * part)), "end"),
    text([x(seconds * part), height - bottom + 18], String(Math.round(seconds * part))),
  ]);
  const curves = results.map(({ resident }, i) => {
    const points = resident.map(
      (bytes, second) => `${x(second).toFixed(1)},${y(bytes / 1024 / 1024).toFixed(1)}`,
    );
    return `<polyline fill="none" stroke="${COLORS[i]}" stroke-width="1.5" points="${points.join(" ")}"/>`;
  });
  const legend = results.map(({ program }, i) => text([left + 20 + i * 80, 14], program, "start", COLORS[i]));
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" font-family="sans-serif" font-size="12">
<title>Resident memory of each program, second by second</title>
${[...grid, ...curves, ...legend, text([width / 2, height - 6], "seconds"), text([left - 8, 14], "MiB", "end")].join("\n")}
</svg>
`;
}
