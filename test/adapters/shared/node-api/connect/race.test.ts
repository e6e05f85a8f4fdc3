import { describe, expect, it } from "vitest";
import { AttemptsFailed, race } from "../../../../../adapters/shared/node-api/connect/race.ts";
import { createFakeClock, settle } from "../../../../support/fake-clock.ts";

interface Attempt {
  readonly address: string;
  /** When it started, in milliseconds. */
  readonly at: number;
  readonly signal: AbortSignal;
  connects(): Promise<void>;
  fails(reason?: string): Promise<void>;
}

/** A race whose attempts end when the test says so. */
function setup(addresses: readonly string[]) {
  const clock = createFakeClock();
  const stop = new AbortController();
  const attempts: Attempt[] = [];
  const discarded: string[] = [];
  const result = race(
    addresses,
    {
      connect: (address, signal) =>
        new Promise<string>((resolve, reject) => {
          const then = (end: () => void) => (): Promise<void> => {
            end();
            return settle();
          };
          attempts.push({
            address,
            at: clock.now(),
            signal,
            connects: then(() => resolve(`to ${address}`)),
            fails: (reason = `${address} fails`) => then(() => reject(new Error(reason)))(),
          });
        }),
      discard: (connection) => discarded.push(connection),
      delay: 250,
      after: clock.after,
    },
    stop.signal,
  );
  const outcome = result.then(
    (connection) => connection,
    (error: unknown) => error,
  );
  const attempt = (address: string): Attempt => {
    const found = attempts.find((candidate) => candidate.address === address);
    if (found === undefined) throw new Error(`no attempt at ${address}`);
    return found;
  };
  const starts = (): readonly (readonly [string, number])[] =>
    attempts.map(({ address, at }) => [address, at]);
  return { clock, stop, outcome, attempt, starts, discarded, isSettled: () => isSettled(outcome) };
}

async function isSettled(promise: Promise<unknown>): Promise<boolean> {
  const open = Symbol("open");
  await settle();
  return (await Promise.race([promise, Promise.resolve(open)])) !== open;
}

describe("a race of connection attempts", () => {
  it("starts one attempt, and no second one when that connects in time", async () => {
    const { clock, attempt, starts, outcome } = setup(["a", "b"]);
    await clock.advance(249);
    await attempt("a").connects();
    expect(await outcome).toBe("to a");
    await clock.advance(10_000);
    expect(starts()).toEqual([["a", 0]]);
    expect(clock.pending).toBe(0);
  });

  it("starts the next attempt after each delay, and leaves the earlier ones alone", async () => {
    const { clock, attempt, starts } = setup(["a", "b", "c"]);
    await clock.advance(10_000);
    expect(starts()).toEqual([
      ["a", 0],
      ["b", 250],
      ["c", 500],
    ]);
    expect(["a", "b", "c"].map((address) => attempt(address).signal.aborted)).toEqual([false, false, false]);
  });

  it("lets an early attempt win long after the later ones started, and ends those", async () => {
    const { clock, attempt, outcome } = setup(["a", "b", "c"]);
    await clock.advance(1_000);
    await attempt("a").connects();
    expect(await outcome).toBe("to a");
    expect([attempt("b").signal.aborted, attempt("c").signal.aborted]).toEqual([true, true]);
  });

  it("starts the next attempt at once when one fails, and counts the delay from then", async () => {
    const { clock, attempt, starts } = setup(["a", "b", "c"]);
    await clock.advance(100);
    await attempt("a").fails();
    await clock.advance(249);
    expect(starts()).toEqual([
      ["a", 0],
      ["b", 100],
    ]);
    await clock.advance(1);
    expect(starts().at(-1)).toEqual(["c", 350]);
  });

  it("goes on with those that run when the last one fails", async () => {
    const { clock, attempt, outcome, isSettled: settled } = setup(["a", "b"]);
    await clock.advance(250);
    await attempt("b").fails();
    expect(await settled()).toBe(false);
    await attempt("a").connects();
    expect(await outcome).toBe("to a");
  });

  it("fails when the last attempt has failed, with the error of each", async () => {
    const { attempt, outcome, clock } = setup(["a", "b"]);
    await attempt("a").fails();
    await attempt("b").fails();
    const error = await outcome;
    expect(error).toBeInstanceOf(AttemptsFailed);
    expect((error as AttemptsFailed).errors.map(({ message }: Error) => message)).toEqual([
      "a fails",
      "b fails",
    ]);
    expect(clock.pending).toBe(0);
  });

  it("closes a connection that comes after another one", async () => {
    const { clock, attempt, outcome, discarded } = setup(["a", "b"]);
    await clock.advance(250);
    await attempt("b").connects();
    await attempt("a").connects();
    expect(await outcome).toBe("to b");
    expect(discarded).toEqual(["to a"]);
  });

  it("is deaf to failures after its end", async () => {
    const { clock, attempt, outcome, starts } = setup(["a", "b", "c"]);
    await clock.advance(250);
    await attempt("b").connects();
    await attempt("a").fails();
    expect(await outcome).toBe("to b");
    expect(starts()).toHaveLength(2);
  });

  it("rejects at an abort with its reason, ends all attempts and starts no more", async () => {
    const { clock, stop, attempt, outcome, starts, discarded } = setup(["a", "b", "c"]);
    await clock.advance(300);
    stop.abort("enough");
    expect(await outcome).toBe("enough");
    expect([attempt("a").signal.aborted, attempt("b").signal.aborted]).toEqual([true, true]);
    await clock.advance(10_000);
    expect(starts()).toHaveLength(2);
    await attempt("a").connects();
    expect(discarded).toEqual(["to a"]);
  });
});

it("starts nothing where the signal was aborted before", async () => {
  let started = 0;
  const result = race(
    ["a"],
    {
      connect: () => {
        started += 1;
        return Promise.resolve("");
      },
      discard() {},
      delay: 1,
      after: () => () => {},
    },
    AbortSignal.abort("before"),
  );
  await expect(result).rejects.toBe("before");
  expect(started).toBe(0);
});
