import { describe, expect, it } from "vitest";
import { TransportError } from "../../src/runtime/runtime.ts";
import { settle } from "../support/fake-clock.ts";
import { createRig, type Rig, type Step } from "../support/scripted-upstreams.ts";

const fails: Step = () => new Response("no", { status: 500 });
const works: Step = () => new Response("ok");
const many = (step: Step): readonly Step[] => Array.from({ length: 6_000 }, () => step);
const client = { retry: { attempts: 3, initial: 100 } };

/** Requests at 100 a second for so many seconds; resolves with the statuses. */
async function load(rig: Rig, seconds: number): Promise<readonly number[]> {
  const statuses: number[] = [];
  const running: Promise<void>[] = [];
  for (let i = 0; i < seconds * 100; i += 1) {
    running.push(
      rig.send().then(async ({ result }) => {
        statuses.push(result.type === "answer" ? result.answer.status : 0);
        if (result.type === "answer") await new Response(result.answer.passOn()).text();
      }),
    );
    await rig.clock.advance(10);
    await settle();
  }
  for (let i = 0; i < 100; i += 1) await rig.clock.advance(1_000);
  await Promise.all(running);
  return statuses;
}

describe("a group that fails", () => {
  it("is sent at most 1.2 times its requests, and 30 in 10 s", async () => {
    const rig = createRig({ a: many(fails), b: many(fails) }, { client });
    const statuses = await load(rig, 10);
    expect(statuses).toHaveLength(1000);
    expect(statuses.every((status) => status === 500)).toBe(true);
    expect(rig.calls.length).toBeGreaterThan(1000);
    // The very first failure moves on for free: nobody knew yet that the other one fails too.
    expect(rig.calls.length).toBeLessThanOrEqual(1000 * 1.2 + 30 + 1);
  });

  it("loses no answer to one bad upstream of two", async () => {
    const rig = createRig({ a: many(fails), b: many(works) }, { client });
    const statuses = await load(rig, 20);
    expect(statuses.filter((status) => status === 200)).toHaveLength(2000);
    // Every other request begins at the bad one, and is sent twice.
    expect(rig.calls.length).toBe(3000);
  });

  it("loses none with a breaker either, and hardly bothers the bad one any more", async () => {
    const rig = createRig(
      { a: many(fails), b: many(works) },
      { client, upstream: { breaker: { threshold: 0.5, cooldown: 30_000 } } },
    );
    const statuses = await load(rig, 20);
    expect(statuses.filter((status) => status === 200)).toHaveLength(2000);
    expect(rig.calls.filter(({ upstream }) => upstream === "a")).toHaveLength(5);
  });

  it("pays nothing for moves where nothing was sent", async () => {
    const refused: Step = () => Promise.reject(new TransportError("refused", true, "no"));
    const rig = createRig({ a: many(refused), b: many(fails), c: many(works) }, { client });
    const statuses = await load(rig, 5);
    expect(statuses.filter((status) => status === 200)).toHaveLength(500);
  });

  it("counts a request that finds only open breakers once", async () => {
    const rig = createRig(
      { a: many(fails), b: many(fails) },
      { upstream: { breaker: { threshold: 0.5, cooldown: 30_000 } } },
    );
    for (let i = 0; i < 20; i += 1) {
      const { result } = await rig.send();
      if (result.type === "answer") await new Response(result.answer.passOn()).text();
    }
    const text = await rig.metrics.text();
    const rejected = [...text.matchAll(/circuitbreaker_calls_total\{[^}]*result="rejected"\} (\d+)/g)];
    expect(rejected.reduce((sum, [, count]) => sum + Number(count), 0)).toBe(10);
    expect(text).toMatch(/llmproxy_upstream_state\{group="g",upstream="a",state="open"\} 1/);
  });
});
