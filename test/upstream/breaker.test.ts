import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type BreakerCall, createBreaker } from "../../src/upstream/breaker.ts";

const config = { threshold: 0.5, cooldown: 30_000 };

/** A breaker with a clock of its own, and the changes that it told of. */
function createStage(options = config) {
  const breaker = createBreaker(options);
  const changes: string[] = [];
  let now = 1_000;
  const begin = (): BreakerCall => breaker.begin(now, (from, to) => changes.push(`${from} → ${to}`));
  return {
    breaker,
    changes,
    begin,
    call: (result: "success" | "failure" | "none") => begin().settle(result, now),
    pass: (ms: number) => {
      now += ms;
    },
    availableIn: () => breaker.availableIn(now),
    now: () => now,
  };
}

describe("a circuit breaker", () => {
  it("opens after five failures in a row, whatever the rate", () => {
    const stage = createStage({ ...config, threshold: 1 });
    for (let i = 0; i < 20; i += 1) stage.call("success");
    for (let i = 0; i < 4; i += 1) stage.call("failure");
    expect(stage.breaker.state.type).toBe("closed");
    stage.call("failure");
    expect(stage.breaker.state).toEqual({ type: "open", openedAt: 1_000 });
    expect(stage.availableIn()).toBe(30_000);
    expect(stage.changes).toEqual(["closed → open"]);
  });

  it("opens when the rate reaches the threshold with five calls, and not with four", () => {
    const stage = createStage();
    for (const result of ["failure", "success", "failure", "success"] as const) stage.call(result);
    expect(stage.breaker.state.type).toBe("closed");
    stage.call("failure");
    expect(stage.breaker.state.type).toBe("open");
  });

  it("forgets what is more than ten seconds ago", () => {
    const stage = createStage();
    for (const result of ["failure", "success", "failure", "success"] as const) stage.call(result);
    stage.pass(10_101);
    stage.call("failure");
    expect(stage.breaker.state.type).toBe("closed");
  });

  it("counts no client that left", () => {
    const stage = createStage();
    for (let i = 0; i < 4; i += 1) stage.call("failure");
    for (let i = 0; i < 10; i += 1) stage.call("none");
    expect(stage.breaker.state.type).toBe("closed");
    stage.call("failure");
    expect(stage.breaker.state.type).toBe("open");
  });

  function openStage() {
    const stage = createStage();
    for (let i = 0; i < 5; i += 1) stage.call("failure");
    return stage;
  }

  it("lets exactly one of a hundred probe after the cooldown", () => {
    const stage = openStage();
    stage.pass(29_999);
    expect(stage.availableIn()).toBe(1);
    stage.pass(1);
    let begun = 0;
    for (let i = 0; i < 100; i += 1) {
      if (stage.availableIn() > 0) continue;
      stage.begin();
      begun += 1;
    }
    expect(begun).toBe(1);
    expect(stage.breaker.state.type).toBe("half_open");
  });

  it("closes when the probe succeeds, with a clean slate", () => {
    const stage = openStage();
    stage.pass(30_000);
    stage.call("success");
    for (let i = 0; i < 4; i += 1) stage.call("failure");
    expect(stage.breaker.state.type).toBe("closed");
    expect(stage.changes).toEqual(["closed → open", "open → half_open", "half_open → closed"]);
  });

  it("opens again for a whole cooldown when the probe fails", () => {
    const stage = openStage();
    stage.pass(30_000);
    const probe = stage.begin();
    stage.pass(700);
    probe.settle("failure", stage.now());
    expect(stage.availableIn()).toBe(30_000);
  });

  it("gives the probe's place back when its client leaves", () => {
    const stage = openStage();
    stage.pass(30_000);
    const probe = stage.begin();
    expect(stage.availableIn()).toBeGreaterThan(0);
    probe.settle("none", stage.now());
    expect(stage.breaker.state.type).toBe("half_open");
    expect(stage.availableIn()).toBe(0);
  });

  it("is not moved by calls that began before it changed", () => {
    const stage = createStage();
    const early = [stage.begin(), stage.begin()];
    for (let i = 0; i < 5; i += 1) stage.call("failure");
    stage.pass(30_000);
    const probe = stage.begin();
    early[0]?.settle("success", stage.now());
    expect(stage.breaker.state.type).toBe("half_open");
    expect(stage.availableIn()).toBeGreaterThan(0);
    probe.settle("success", stage.now());
    early[1]?.settle("failure", stage.now());
    for (let i = 0; i < 4; i += 1) stage.call("failure");
    expect(stage.breaker.state.type).toBe("closed");
  });

  it("takes a call's first end only", () => {
    const stage = createStage();
    const call = stage.begin();
    for (let i = 0; i < 9; i += 1) call.settle("failure", stage.now());
    expect(stage.breaker.state.type).toBe("closed");
  });

  it("never has two probes out and only ever changes along its arrows, whatever happens", () => {
    const steps = fc.array(
      fc.oneof(
        fc.record({ do: fc.constant("begin" as const) }),
        fc.record({
          do: fc.constant("settle" as const),
          which: fc.nat(20),
          result: fc.constantFrom("success", "failure", "failure", "none"),
        }),
        fc.record({ do: fc.constant("pass" as const), ms: fc.constantFrom(1, 900, 5_000, 30_000) }),
      ),
      { maxLength: 120 },
    );
    const arrows = ["closed → open", "open → half_open", "half_open → closed", "half_open → open"];
    fc.assert(
      fc.property(steps, (script) => {
        const stage = createStage();
        const running: { readonly call: BreakerCall; readonly probe: number }[] = [];
        let probes = 0;
        for (const step of script) {
          if (step.do === "pass") stage.pass(step.ms);
          else if (step.do === "begin" && stage.availableIn() === 0) {
            const call = stage.begin();
            const isProbe = stage.breaker.state.type === "half_open";
            running.push({ call, probe: isProbe ? 1 : 0 });
            probes += isProbe ? 1 : 0;
          } else if (step.do === "settle" && running.length > 0) {
            const [ended] = running.splice(step.which % running.length, 1);
            ended?.call.settle(step.result, stage.now());
            probes -= ended?.probe ?? 0;
          }
          expect(probes).toBeLessThanOrEqual(1);
        }
        for (const change of stage.changes) expect(arrows).toContain(change);
      }),
      { numRuns: 500 },
    );
  });
});
