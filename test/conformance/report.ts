/** docs/conformance.md: every case with what has to be seen and what was. */

import { PROGRAM_NAMES, type ProgramName } from "../support/program-command.ts";
import { type Case, type Expected, MOMENTS } from "./case.ts";
import { expectedOf } from "./cases.ts";
import type { Run, Seen } from "./run.ts";

/** What one program showed of each run. */
export interface Results {
  readonly program: ProgramName;
  readonly runs: readonly Run[];
  readonly seen: readonly Seen[];
}

/** Slowness of the machine that is allowed for (s). */
const TOLERANCE = 0.9;

/** How what was seen differs from what is expected; empty when it does not. */
export function differences(
  { case: one, setting }: Run,
  program: ProgramName,
  seen: Seen,
): readonly string[] {
  const expected = expectedOf(one, setting, program);
  const wrong = (["client", "attempts", "error", "breaker"] as const)
    .filter((key) => seen[key] !== expected[key])
    .map((key) => `${key}: expected "${expected[key]}", seen "${seen[key]}"`);
  const late = seen.seconds - expected.seconds;
  if (late > TOLERANCE || late < -0.1)
    wrong.push(`seconds: expected ${expected.seconds}, seen ${seen.seconds.toFixed(2)}`);
  if (one.next !== undefined && seen.next !== one.next[setting])
    wrong.push(`next request: expected "${one.next[setting]}", seen "${seen.next}"`);
  if (seen.inFlight !== 0) wrong.push(`in flight: ${seen.inFlight}`);
  if (seen.bytes !== undefined) wrong.push(`bytes: ${seen.bytes}`);
  return wrong;
}

export function reportOf(results: readonly Results[], about: string): string {
  return `# Conformance

What a client, the upstreams, the metrics and the circuit breaker see of every fault, at every moment, for every kind of
request. \`npm run conformance\` runs all of it over real sockets and writes this file; it fails when a row differs.

${about}

${totals(results)}

How to read it: *client* is the status, the proxy's own code if the answer is its own, and how the body ended (\`cut\`: visibly
not whole; FIN on Node and Deno, RST on Bun). *attempts* is what \`x-llmproxy-attempts\` says and, in brackets, the requests that
the faulty and the good upstream got. *error* is the faulty upstream's label in \`llmproxy_upstream_errors_total\`, *breaker* what
its circuit breaker counted. *after* is when the answer had ended; timeouts are connect 1 s, request 1 s, stall 1 s,
first_token 2 s. A connection breaks 50 ms after the bytes before it (what Bun does where both come at once is in the
README). In-flight counts were back to 0 after every row.

*alone*: one upstream, no retry. *retry*: round robin over the faulty upstream and a good one, with \`retry\`. *failover*: the
same two in order, without \`retry\`. *unary* and *stream* are chat completions; *upload* is 9 MiB to an endpoint that changes
something, so that it is neither kept nor safe to repeat. Left out are combinations that can't be: an upload or a unary
answer has no first token, and a status comes only with a head.

${MOMENTS.map((moment) => section(moment, results)).join("\n")}`;
}

function totals(results: readonly Results[]): string {
  const rows = results.map(({ program, runs, seen }) => {
    const red = runs.filter((run, i) => isRed(run, program, seen[i])).length;
    const excepted = runs.filter(
      ({ case: { except }, setting }) => except?.[program]?.expected[setting],
    ).length;
    return `| ${program} | ${runs.length} | ${runs.length - red} | ${red} | ${excepted} |`;
  });
  return `| program | rows | as expected | red | of these as its runtime allows |\n|---|---|---|---|---|\n${rows.join("\n")}`;
}

function isRed(run: Run, program: ProgramName, seen: Seen | undefined): boolean {
  return seen === undefined || differences(run, program, seen).length > 0;
}

function section(moment: Case["moment"], results: readonly Results[]): string {
  const runs = results[0]?.runs ?? [];
  const lines = runs.flatMap((run, i) => (run.case.moment === moment ? row(run, i, results) : []));
  return `## ${moment[0]?.toUpperCase()}${moment.slice(1)}

| fault | request | setting | client | attempts | error | breaker | after | seen |
|---|---|---|---|---|---|---|---|---|
${lines.join("\n")}
`;
}

function row(run: Run, i: number, results: readonly Results[]): readonly string[] {
  const { fault, kind, except, next } = run.case;
  const expected = run.case.expected[run.setting];
  const seen = results.map(({ program, seen: all }) => ({ program, seen: all[i] }));
  const red = seen.filter((one) => isRed(run, one.program, one.seen));
  const odd = PROGRAM_NAMES.filter(
    (program) => except?.[program]?.expected[run.setting] && seen.some((one) => one.program === program),
  );
  const verdict = red.map(
    (one) =>
      `**${one.program}: ${one.seen === undefined ? "nothing" : differences(run, one.program, one.seen).join("; ")}**`,
  );
  const exceptions =
    odd.length === 0
      ? []
      : [
          `${odd.join(", ")}: ${shown(expectedOf(run.case, run.setting, odd[0] ?? "node"))} (${except?.[odd[0] ?? "node"]?.why})`,
        ];
  const good = red.length === 0 ? ["as expected on all"] : [];
  const then = next === undefined ? "" : `; next request: ${next[run.setting]}`;
  const cells = [
    fault,
    kind,
    run.setting,
    expected.client + then,
    expected.attempts,
    expected.error,
    expected.breaker,
    after(expected),
  ];
  return [`| ${[...cells, [...good, ...exceptions, ...verdict].join("; ")].join(" | ")} |`];
}

function shown({ client, attempts }: Expected): string {
  return `${client}, ${attempts}`;
}

function after({ seconds }: Expected): string {
  return seconds === 0 ? "at once" : `${seconds} s`;
}
