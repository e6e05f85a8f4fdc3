import { describe, expect, it } from "vitest";
import { createReach } from "../../../adapters/bun/reach.ts";
import { TransportError } from "../../../src/runtime/runtime.ts";
import { createFakeClock } from "../../support/fake-clock.ts";
import { createLatch } from "../../support/wait.ts";

const PATIENCE = 1_000;
const WARMTH = 10_000;

/** Something that is called and ends when the test says so. */
function script() {
  const calls: { resolve(): void; reject(error: unknown): void }[] = [];
  const call = (): Promise<void> => new Promise((resolve, reject) => calls.push({ resolve, reject }));
  return { calls, call };
}

function setup() {
  const clock = createFakeClock();
  const dials = script();
  const knocks = script();
  const reach = createReach({
    dial: dials.call,
    knock: knocks.call,
    patience: PATIENCE,
    warmth: WARMTH,
    clock,
  });
  const sent: { answer(text: string): void; fail(error: unknown): void }[] = [];
  let reached = 0;
  const send = (signal = new AbortController().signal) =>
    reach(
      () => {
        const outcome = createLatch<string>();
        const failure = createLatch<unknown>();
        sent.push({ answer: outcome.open, fail: failure.open });
        return Promise.race([outcome.promise, failure.promise.then((error) => Promise.reject(error))]);
      },
      { signal, onReached: () => (reached += 1) },
    );
  return { clock, dials: dials.calls, knocks: knocks.calls, sent, send, reached: () => reached };
}

/** Makes the upstream known as alive. */
async function warmUp(fixture: ReturnType<typeof setup>): Promise<void> {
  const first = fixture.send();
  fixture.dials[0]?.resolve();
  await settled();
  fixture.sent[0]?.answer("first");
  await first;
}

const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
const timedOut = (): TransportError => new TransportError("connect_timeout", true, "late");
const refused = (): TransportError => new TransportError("refused", true, "no");

describe("a cold upstream", () => {
  it("is sent nothing before a dial succeeded", async () => {
    const { dials, sent, send, reached } = setup();
    const answer = send();
    await settled();
    expect([dials.length, sent.length, reached()]).toEqual([1, 0, 0]);
    dials[0]?.resolve();
    await settled();
    expect([sent.length, reached()]).toEqual([1, 1]);
    sent[0]?.answer("hello");
    expect(await answer).toBe("hello");
  });

  it("is dialled once for all requests that wait", async () => {
    const { dials, sent, send } = setup();
    void send();
    void send();
    await settled();
    dials[0]?.resolve();
    await settled();
    void send();
    await settled();
    expect([dials.length, sent.length]).toEqual([1, 3]);
  });

  it("fails a request with what the dial failed with, and is dialled again by the next", async () => {
    const { dials, sent, send } = setup();
    const error = timedOut();
    const answer = send();
    dials[0]?.reject(error);
    await expect(answer).rejects.toBe(error);
    void send();
    await settled();
    expect([dials.length, sent.length]).toEqual([2, 0]);
  });

  it("keeps nobody waiting who has left", async () => {
    const { dials, sent, send } = setup();
    const leaving = new AbortController();
    const left = send(leaving.signal);
    const stays = send();
    leaving.abort(new Error("gone"));
    await expect(left).rejects.toThrow("gone");
    dials[0]?.resolve();
    await settled();
    sent[0]?.answer("hello");
    expect(await stays).toBe("hello");
    expect(sent.length).toBe(1);
  });
});

describe("a warm upstream", () => {
  it("is sent requests without a dial until it was quiet for the warmth", async () => {
    const fixture = setup();
    await warmUp(fixture);
    await fixture.clock.advance(WARMTH - 1);
    void fixture.send();
    await settled();
    expect([fixture.dials.length, fixture.sent.length]).toEqual([1, 2]);
    await fixture.clock.advance(1);
    void fixture.send();
    await settled();
    expect([fixture.dials.length, fixture.sent.length]).toEqual([2, 2]);
  });

  it("is knocked at when a request is silent, and may then take its time", async () => {
    const fixture = setup();
    await warmUp(fixture);
    const answer = fixture.send();
    await fixture.clock.advance(PATIENCE);
    expect(fixture.knocks.length).toBe(1);
    fixture.knocks[0]?.resolve();
    await settled();
    await fixture.clock.advance(10 * PATIENCE);
    expect(fixture.knocks.length).toBe(1);
    fixture.sent[1]?.answer("late");
    expect(await answer).toBe("late");
  });

  it("times a silent request out when a knock gets no answer, and nobody knows what was sent", async () => {
    const fixture = setup();
    await warmUp(fixture);
    const answer = fixture.send();
    await fixture.clock.advance(PATIENCE);
    fixture.knocks[0]?.reject(timedOut());
    await expect(answer).rejects.toMatchObject({ kind: "connect_timeout", nothingSent: false });
  });

  it("is cold after that", async () => {
    const fixture = setup();
    await warmUp(fixture);
    const answer = fixture.send();
    await fixture.clock.advance(PATIENCE);
    fixture.knocks[0]?.reject(timedOut());
    await expect(answer).rejects.toThrow();
    void fixture.send().catch(() => undefined);
    await settled();
    expect([fixture.dials.length, fixture.sent.length]).toEqual([2, 2]);
  });

  it("that refuses new connections may still answer on an open one", async () => {
    const fixture = setup();
    await warmUp(fixture);
    const answer = fixture.send();
    await fixture.clock.advance(PATIENCE);
    fixture.knocks[0]?.reject(refused());
    await settled();
    fixture.sent[1]?.answer("the last one");
    expect(await answer).toBe("the last one");
  });

  it("keeps an answer that came while it was knocked at", async () => {
    const fixture = setup();
    await warmUp(fixture);
    const answer = fixture.send();
    await fixture.clock.advance(PATIENCE);
    fixture.sent[1]?.answer("just in time");
    expect(await answer).toBe("just in time");
    fixture.knocks[0]?.reject(timedOut());
    await settled();
  });

  it("is knocked at once for requests that are silent at the same time", async () => {
    const fixture = setup();
    await warmUp(fixture);
    const answers = [fixture.send(), fixture.send()];
    await fixture.clock.advance(PATIENCE);
    expect(fixture.knocks.length).toBe(1);
    fixture.knocks[0]?.reject(timedOut());
    for (const answer of answers) await expect(answer).rejects.toMatchObject({ kind: "connect_timeout" });
  });

  it("is cold after a request of which nothing was sent", async () => {
    const fixture = setup();
    await warmUp(fixture);
    const answer = fixture.send();
    await settled();
    fixture.sent[1]?.fail(refused());
    await expect(answer).rejects.toMatchObject({ kind: "refused" });
    void fixture.send();
    await settled();
    expect(fixture.dials.length).toBe(2);
  });

  it("has one timer for all its requests, and none once nobody is silent", async () => {
    const fixture = setup();
    await warmUp(fixture);
    const answers = [fixture.send(), fixture.send()];
    await settled();
    expect(fixture.clock.pending).toBe(1);
    for (const { answer } of fixture.sent.slice(1)) answer("soon");
    await Promise.all(answers);
    await fixture.clock.advance(PATIENCE);
    expect([fixture.clock.pending, fixture.knocks.length]).toEqual([0, 0]);
  });
});
