/** docs/hostile-input.md: what became of every case on every program. */

import type { ProgramName } from "../support/program-command.ts";
import type { Case, Section } from "./case.ts";
import type { Outcome } from "./play.ts";
import type { SubjectName } from "./subjects.ts";
import { wordsOf } from "./verdict.ts";

/** What one subject showed. */
export interface Results {
  readonly subject: SubjectName;
  /** In the order of all sections' cases. */
  readonly outcomes: readonly (Outcome | undefined)[];
  /** What is not allowed, a case; of nginx and HAProxy only what is ambiguous upstream. */
  readonly wrongs: readonly (readonly string[])[];
  /** Resident bytes of a program of ours when it had started, after all cases, and after two more rounds. */
  readonly memory?: { readonly before: number; readonly first: number; readonly after: number };
}

/** @param about when it was run, and on what */
export function reportOf(sections: readonly Section[], results: readonly Results[], about: string): string {
  const cases = sections.flatMap((section) => section.cases);
  const table = ({ title, cases: own }: Section): string => {
    const rows = own.map((one) => rowOf(one, cases.indexOf(one), results));
    return `## ${title}

| sent | ${results.map(({ subject }) => subject).join(" | ")} |
|---|${"---|".repeat(results.length)}
${rows.join("\n")}
`;
  };
  return `# Hostile input

What each program does with requests that are malformed, ambiguous, too large, too slow or out to smuggle something, and
what nginx and HAProxy do with the same bytes. \`npm run hostile\` sends all of it over raw sockets, writes this file and
fails when a program of ours does what is not allowed; \`npm test\` does it without the slowest cases and without nginx
and HAProxy. The cases are in \`test/hostile/cases/\`.

${about}

${totals(cases, results)}

## How to read it

- *400*, *431*…: refused with this status, and nothing sent upstream. *closed*: the connection was ended; without a status,
  nothing was said. Without *closed* the connection was of use for a next request.
- *passed*: sent upstream as any server would read it. *passed as …*: sent as this.
- *left open*: the proxy waits for more.
- **Bold**: what came upstream can be read in two ways by two servers, or names a target or host in a way that servers
  disagree about, or (ours only) is not what the case allows. The reason stands behind it.
- Each case has an upstream of its own that keeps every byte it gets. All that it gets has to be one request after the
  other with one framing, one Host (the upstream's), no bare CR or LF, no NUL, no field of another connection (Upgrade,
  TE, Trailer …) and no dot segment; and the next client's request has to get its own answer.
- nginx and HAProxy are configured as plain proxies with pooled connections, with the time limits that ours have.

${sections.map(table).join("\n")}
${weaker(cases)}
${memory(results)}`;
}

function totals(cases: readonly Case[], results: readonly Results[]): string {
  const rows = results.map(({ subject, outcomes, wrongs }) => {
    const passed = outcomes.filter((outcome) => (outcome?.upstream.length ?? 0) > 0).length;
    const red = wrongs.filter((wrong) => wrong.length > 0).length;
    return `| ${subject} | ${outcomes.length} | ${outcomes.length - passed} | ${passed} | ${red} | ${exceptionsOf(cases, subject)} |`;
  });
  return `| program | cases | refused | sent upstream | bold | of these with what its runtime can't do |
|---|---|---|---|---|---|
${rows.join("\n")}`;
}

function exceptionsOf(cases: readonly Case[], subject: SubjectName): string {
  if (subject === "nginx" || subject === "haproxy") return "";
  return String(cases.filter(({ except }) => except?.[subject] !== undefined).length);
}

function rowOf(one: Case, index: number, results: readonly Results[]): string {
  const cells = results.map(({ outcomes, wrongs }) => {
    const outcome = outcomes[index];
    const wrong = wrongs[index] ?? [];
    const words = outcome === undefined ? "not sent" : cell(wordsOf(outcome, one));
    return wrong.length === 0 ? words : `**${words}: ${cell(brief(wrong))}**`;
  });
  return `| ${cell(one.name)} | ${cells.join(" | ")} |`;
}

/** The same fault in every one of many requests is said once. */
function brief(wrong: readonly string[]): string {
  return [...new Set(wrong)].slice(0, 2).join("; ");
}

/** Ports differ from run to run. */
function cell(text: string): string {
  const printable = text.replace(
    /[^\x20-\x7e…]/g,
    (char) => `\\x${char.charCodeAt(0).toString(16).padStart(2, "0")}`,
  );
  return printable.replaceAll(/127\.0\.0\.1:\d+/g, "UPSTREAM").replaceAll("|", "\\|");
}

/** What a runtime can't do, once for all of its cases. */
function weaker(cases: readonly Case[]): string {
  const rows = new Map<
    string,
    { readonly advice: string; readonly programs: Set<ProgramName>; readonly names: Set<string> }
  >();
  for (const { name, except = {} } of cases) {
    for (const [program, exception] of Object.entries(except)) {
      const { why, advice } = exception;
      const row = rows.get(why) ?? { advice, programs: new Set(), names: new Set() };
      rows.set(why, row);
      row.programs.add(program as ProgramName);
      row.names.add(name);
    }
  }
  const lines = [...rows].map(
    ([why, { advice, programs, names }]) =>
      `| ${[...programs].join(", ")} | ${why} | ${[...names].join("; ")} | ${advice} |`,
  );
  return `## Where a runtime is weaker

Where a runtime's own parser decides, and its adapter does not see what was sent.

| program | what it does | cases | harmless? what to do |
|---|---|---|---|
${lines.join("\n")}
`;
}

function memory(results: readonly Results[]): string {
  const lines = results.flatMap(({ subject, memory: seen }) =>
    seen === undefined
      ? []
      : [`| ${subject} | ${mib(seen.before)} | ${mib(seen.first)} | ${mib(seen.after)} |`],
  );
  return `## Memory

Resident memory when the program had started, and after all cases, and after two more rounds of them (MiB).

| program | before | after one round | after three |
|---|---|---|---|
${lines.join("\n")}
`;
}

function mib(bytes: number): string {
  return (bytes / 1024 / 1024).toFixed(0);
}
