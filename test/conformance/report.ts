/** docs/conformance.md: every case with what has to be seen and what was. */

import { KINDS, MOMENTS, type Moment, type Run, SETTINGS } from "./case.ts";
import { LEFT_OUT } from "./cases.ts";
import { differences, type Results } from "./differences.ts";

/** @param about when it was run, and on what */
export function reportOf(results: readonly Results[], about: string): string {
  return `# Conformance

What a client, the upstreams, the metrics and the circuit breaker see of every fault, at every moment, for every kind of
request. \`npm run conformance\` runs all of it over real sockets on all four programs in about two minutes, writes this file
and fails when a row differs; \`PROGRAMS=node,bun npm run conformance\` runs some of them and writes nothing. What is
expected is written by hand in \`test/conformance/\`. \`npm test\` runs each case in one of its settings.

${about}

${totals(results)}

## How to read it

- *client*: the status, the proxy's own code where the answer is its own, whether it has Retry-After, and how the body ended.
  \`cut\` is visibly not whole: fewer bytes than content-length or no last chunk, and FIN (Node, Deno) or RST (Bun). Every
  row also compares the body: byte for byte what one upstream sent, up to where it broke, or the proxy's own error.
- *attempts*: what \`x-llmproxy-attempts\` says and, in brackets, the requests that the faulty and the other upstream got.
- *error*: labels of the faulty upstream in \`llmproxy_upstream_errors_total\`. Where the request was sent again, the same
  label is the reason in \`llmproxy_retries_total\`, and the other upstream has counted one success.
- *breaker*: what \`llmproxy_circuitbreaker_calls_total\` counted, and \`llmproxy_upstream_state\` where it is not \`up\`.
- *after*: when the answer had ended, up to 0.9 s later (a large upload: 2.5 s). Timeouts are connect 1 s, request 1 s, stall 1 s, first_token 2 s
  (\`hang until first_token\`: request 8 s, first_token 1 s).
- In-flight counts were back to 0 after every row.

Settings: **alone** is one upstream without \`retry\`. **retry** is round robin over the faulty upstream and a good one, with
\`retry\`. **failover** is the same two in order, without \`retry\`. **exhausted** is round robin over two upstreams that are
faulty alike, with one retry.

Requests: **unary** and **stream** are chat completions. **upload** is 9 MiB to an endpoint that changes something: too large
to be kept, and not safe to repeat. **small upload** is a kept one, not safe to repeat either.

Before the first token means: role-only deltas of a stream, or the first bytes of a JSON answer that do not tell what it is.
A connection breaks when the bytes before it have arrived; what Bun does where both come at once is in [runtimes](runtimes.md).

${MOMENTS.map((moment) => section(moment, results)).join("\n")}
## Left out

| combination | why |
|---|---|
${LEFT_OUT.map(([combination, why]) => `| ${combination} | ${why} |`).join("\n")}
`;
}

function totals(results: readonly Results[]): string {
  const rows = results.map(({ program, runs, seen }) => {
    const red = runs.filter((run, i) => differences(run, program, seen[i]).length > 0).length;
    const excepted = runs.filter(
      ({ case: { except }, setting }) => except?.[program]?.expected[setting],
    ).length;
    return `| ${program} | ${runs.length} | ${runs.length - red} | ${red} | ${excepted} |`;
  });
  return `| program | cases in settings | as expected | red | of these with what its runtime can't do |
|---|---|---|---|---|
${rows.join("\n")}`;
}

/** What one run is, in words: its kind and setting, and all else that its row shows. */
interface Cell {
  readonly kind: string;
  readonly setting: string;
  readonly fault: string;
  readonly rest: string;
}

function section(moment: Moment, results: readonly Results[]): string {
  const runs = results[0]?.runs ?? [];
  const cells = runs.flatMap((run, i) => (run.case.moment === moment ? [cellOf(run, i, results)] : []));
  return `## ${moment[0]?.toUpperCase()}${moment.slice(1)}

| fault | request | setting | client | attempts | error | breaker | after | seen |
|---|---|---|---|---|---|---|---|---|
${rowsOf(cells).join("\n")}
`;
}

/** Settings that agree share a row, and kinds of request that agree in the same settings. */
function rowsOf(cells: readonly Cell[]): readonly string[] {
  const settings = merged(cells, ({ fault, kind, rest }) => `${fault}|${kind}|${rest}`);
  const rows = settings.map((group) => ({
    ...group[0],
    kind: group[0]?.kind ?? "",
    settings: listed(
      SETTINGS,
      group.map(({ setting }) => setting),
    ),
  }));
  const kinds = merged(rows, ({ fault, settings: shown, rest }) => `${fault}|${shown}|${rest}`);
  return kinds.map((group) => {
    const kind = listed(
      KINDS,
      group.map((row) => row.kind),
    );
    return `| ${group[0]?.fault} | ${kind} | ${group[0]?.settings} | ${group[0]?.rest} |`;
  });
}

function merged<T>(items: readonly T[], keyOf: (item: T) => string): readonly (readonly T[])[] {
  const groups = new Map<string, T[]>();
  for (const item of items) groups.set(keyOf(item), [...(groups.get(keyOf(item)) ?? []), item]);
  return [...groups.values()];
}

function listed(all: readonly string[], some: readonly string[]): string {
  return some.length === all.length ? "all" : some.join(", ");
}

function cellOf(run: Run, i: number, results: readonly Results[]): Cell {
  const { fault, kind, expected: settings, next } = run.case;
  const expected = settings[run.setting];
  const then = next?.[run.setting] === undefined ? "" : `; the next request: ${next[run.setting]}`;
  const state = expected?.state === undefined ? "" : `, then ${expected.state}`;
  const after = expected?.seconds === 0 ? "at once" : `${expected?.seconds} s`;
  const cells = [
    `${expected?.client}${then}`,
    expected?.attempts,
    expected?.error,
    `${expected?.breaker}${state}`,
    after,
    seenOf(run, i, results),
  ];
  return { fault, kind, setting: run.setting, rest: cells.join(" | ") };
}

/** What the programs showed; those that agree together. */
function seenOf(run: Run, i: number, results: readonly Results[]): string {
  const verdicts = results.map(({ program, seen }) => {
    const wrong = differences(run, program, seen[i]);
    const exception = run.case.except?.[program];
    const own = exception?.expected[run.setting];
    const right = own === undefined ? "as expected" : `${own.client}, ${own.attempts} (${exception?.why})`;
    return { program, verdict: wrong.length === 0 ? right : `**${wrong.join("; ")}**` };
  });
  return merged(verdicts, ({ verdict }) => verdict)
    .map((group) => {
      const programs = group.map(({ program }) => program);
      return `${programs.length === results.length ? "all" : programs.join(", ")}: ${group[0]?.verdict}`;
    })
    .join("; ");
}
