/** The loop: play cases in batches beside an innocent stream, see whether the subject is well, and shrink what is found. */

import type { KnownFinding } from "./known.ts";
import { type Stage, setStage } from "./stage.ts";
import type { Subject, UpstreamPorts } from "./subject.ts";
import type { E2eTarget } from "./target.ts";

export interface HuntOptions {
  /** The first case's; the next one's is one more. */
  readonly seed: number;
  readonly executions: number;
  /** @default no limit */
  readonly seconds?: number;
  readonly start: (ports: UpstreamPorts) => Promise<Subject>;
  /** Cases that are left out. */
  readonly known?: readonly KnownFinding[];
  readonly onFinding?: (finding: E2eFinding) => void;
  /** Stops after so many findings of different kinds. @default 10 */
  readonly most?: number;
  /** Cases that are tried to make a finding smaller. @default 150 */
  readonly tries?: number;
}

export interface E2eFinding {
  /** Seed of the case; of the batch's first, where no case shows it alone. */
  readonly seed: number;
  readonly what: string;
  /** The smallest case that shows it, as JSON. */
  readonly input: string;
}

export interface HuntReport {
  readonly executions: number;
  readonly leftOut: number;
  readonly findings: readonly E2eFinding[];
}

/** Cases that share an innocent stream, and a look at the subject's health. */
const BATCH = 60;
/** Cases of a batch that are played at once: most of their time they wait. */
const AT_ONCE = 60;
/** Batches that share one subject. */
const BATCHES_A_STAGE = 20;

export async function hunt<C>(target: E2eTarget<C>, options: HuntOptions): Promise<HuntReport> {
  const {
    seed,
    executions,
    seconds = Number.POSITIVE_INFINITY,
    start,
    known = [],
    most = 10,
    tries: allowed = 150,
  } = options;
  const until = performance.now() + seconds * 1000;
  const findings: E2eFinding[] = [];
  const kinds = new Set<string>();
  let stage: Stage | undefined;
  let batches = 0;
  let ran = 0;
  let leftOut = 0;

  async function fresh(): Promise<Stage> {
    await stage?.close();
    stage = await setStage(start);
    batches = 0;
    return stage;
  }

  /** What is wrong with some cases, and with the subject after them. */
  async function judge(
    on: Stage,
    cases: readonly C[],
  ): Promise<{ readonly own: (string | undefined)[]; readonly all: string[] }> {
    const innocent = await on.innocent().catch(() => undefined);
    const own: (string | undefined)[] = [];
    const left = [...cases.entries()];
    const worker = async (): Promise<void> => {
      for (
        let next = left.shift();
        next !== undefined && on.subject.ended() === undefined;
        next = left.shift()
      ) {
        const wrong = await target
          .play(on, next[1])
          .catch((error: unknown) => [`the client: ${String(error)}`]);
        own[next[0]] = wrong[0];
        innocent?.tick();
      }
    };
    await Promise.all(Array.from({ length: AT_ONCE }, worker));
    const broken = (await innocent?.finish()) ?? ["an innocent client was not let in"];
    const ill = await on.illness();
    return { own, all: on.subject.ended() === undefined ? [...ill, ...broken] : ill };
  }

  /** What is wrong with one case, on a subject that was well before it. */
  async function judgeOne(one: C): Promise<string | undefined> {
    const on = stage ?? (await fresh());
    const { own, all } = await judge(on, [one]);
    if (all.length > 0) await fresh();
    return all[0] ?? own[0];
  }

  async function report(at: number, one: C, what: string): Promise<void> {
    const kind = kindOf(what);
    if (kinds.has(kind)) return;
    kinds.add(kind);
    const { small, said } = await shrink(one, what, kind);
    const finding = { seed: at, what: said, input: inAscii(small) };
    findings.push(finding);
    options.onFinding?.(finding);
  }

  async function shrink(
    one: C,
    what: string,
    kind: string,
  ): Promise<{ readonly small: C; readonly said: string }> {
    let small = one;
    let said = what;
    let tries = 0;
    for (let again = true; again && tries < allowed; ) {
      again = false;
      for (const smaller of target.smaller(small)) {
        tries += 1;
        if (tries > allowed) break;
        const wrong = await judgeOne(smaller);
        if (wrong === undefined || kindOf(wrong) !== kind) continue;
        small = smaller;
        said = wrong;
        again = true;
        break;
      }
    }
    return { small, said };
  }

  /** A batch after which the subject was ill: its cases one by one. */
  async function bisect(
    first: number,
    batch: readonly { readonly at: number; readonly one: C }[],
    ill: string,
  ): Promise<void> {
    await fresh();
    let isFound = false;
    for (const { at, one } of batch) {
      const wrong = await judgeOne(one);
      if (wrong === undefined) continue;
      if (findings.length >= most) return;
      if (kindOf(wrong) === kindOf(ill)) isFound = true;
      await report(at, one, wrong);
    }
    if (isFound || kinds.has(kindOf(ill))) return;
    kinds.add(kindOf(ill));
    const finding = { seed: first, what: `none of ${batch.length} cases alone shows it: ${ill}`, input: "" };
    findings.push(finding);
    options.onFinding?.(finding);
  }

  try {
    while (ran < executions && performance.now() < until && findings.length < most) {
      if (stage === undefined || batches >= BATCHES_A_STAGE) await fresh();
      if (stage === undefined) break;
      const seeds = Array.from({ length: Math.min(BATCH, executions - ran) }, (_, i) => seed + ran + i);
      const made = seeds.map((at) => ({ at, one: target.make(at) }));
      const batch = made.filter(({ one }) => !known.some(({ fits }) => fits(one)));
      ran += made.length;
      batches += 1;
      leftOut += made.length - batch.length;
      const { own, all } = await judge(
        stage,
        batch.map(({ one }) => one),
      );
      if (all[0] !== undefined) {
        await bisect(seed + ran - made.length, batch, all[0]);
        continue;
      }
      for (const [i, what] of own.entries()) {
        const suspect = batch[i];
        if (what === undefined || suspect === undefined || kinds.has(kindOf(what))) continue;
        // Beside others it may have been starved; alone it may not.
        const alone = await judgeOne(suspect.one);
        if (alone !== undefined) await report(suspect.at, suspect.one, alone);
        else await report(suspect.at, suspect.one, `only beside other cases: ${what}`);
      }
    }
  } finally {
    await stage?.close();
  }
  return { executions: ran - leftOut, leftOut, findings };
}

/** As JSON that any terminal shows as it is. */
function inAscii(value: unknown): string {
  return JSON.stringify(value).replaceAll(
    /[\x7f-\uffff]/g,
    (one) => `\\u${one.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}

/** A finding without what differs from case to case. */
function kindOf(what: string): string {
  const [first = ""] = what.split(/; got |\n| bytes/);
  return first.replaceAll(/\d+|"[^"]*"|\{.*\}/g, "#").slice(0, 90);
}
