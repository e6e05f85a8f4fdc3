import { describe, expect, it } from "vitest";
import { createSessions } from "../../../adapters/bun/sessions.ts";
import { createFakeClock } from "../../support/fake-clock.ts";

interface Session {
  readonly id: number;
  readonly idle: number;
  closed: number;
  close(): void;
}

function setup(idleTimeout: number) {
  const clock = createFakeClock();
  const opened: Session[] = [];
  const open = (idle: number): Session => {
    const session: Session = {
      id: opened.length,
      idle,
      closed: 0,
      close() {
        session.closed += 1;
      },
    };
    opened.push(session);
    return session;
  };
  return { clock, opened, sessions: createSessions({ open, idleTimeout, clock }) };
}

describe("sessions of a short idle timeout", () => {
  it("are in use for that time, from the first request on", async () => {
    const { clock, opened, sessions } = setup(1_000);
    await clock.advance(5_000);
    expect(sessions.current().id).toBe(0);
    await clock.advance(999);
    expect(sessions.current().id).toBe(0);
    await clock.advance(1);
    expect(opened[0]?.closed).toBe(1);
    await clock.advance(5_000);
    expect(opened).toHaveLength(1);
    expect(sessions.current().id).toBe(1);
  });

  it("are not used after it where the timer is late", () => {
    const { clock, opened, sessions } = setup(1_000);
    sessions.current();
    clock.skip(1_000);
    expect(sessions.current().id).toBe(1);
    expect(opened[0]?.closed).toBe(1);
  });
});

describe("sessions of a long idle timeout", () => {
  it("are kept, and cost no timer", async () => {
    const { clock, sessions } = setup(60_000);
    sessions.current();
    expect(clock.pending).toBe(0);
    await clock.advance(600_000);
    expect(sessions.current().id).toBe(0);
  });

  it("end with the limit of an answer, counted from their first request", async () => {
    const { clock, opened, sessions } = setup(60_000);
    const first = sessions.current();
    await clock.advance(1_000);
    sessions.limit(4_000);
    await clock.advance(2_999);
    expect(sessions.current()).toBe(first);
    await clock.advance(1);
    expect(opened[0]?.closed).toBe(1);
    expect(sessions.current().id).toBe(1);
  });

  it("end with the shortest of several limits", async () => {
    const { clock, sessions } = setup(60_000);
    sessions.current();
    for (const limit of [4_000, 2_000, 9_000]) sessions.limit(limit);
    await clock.advance(2_000);
    expect(sessions.current().id).toBe(1);
  });

  it("end at once with a limit of 0", () => {
    const { opened, sessions } = setup(60_000);
    sessions.current();
    sessions.limit(0);
    expect(opened[0]?.closed).toBe(1);
    expect(sessions.current().id).toBe(1);
  });

  it("are kept with limits that are longer than the idle timeout", () => {
    const { clock, sessions } = setup(60_000);
    sessions.current();
    sessions.limit(74_000);
    expect(clock.pending).toBe(0);
  });
});

describe("the session after one with a limit", () => {
  it("is opened with that limit and in use for it, and forgets it where no answer repeats it", async () => {
    const { clock, opened, sessions } = setup(60_000);
    sessions.current();
    sessions.limit(4_000);
    await clock.advance(4_000);
    expect(sessions.current().idle).toBe(4_000);
    await clock.advance(4_000);
    expect(opened[1]?.closed).toBe(1);
    expect(sessions.current().idle).toBe(60_000);
    expect(clock.pending).toBe(0);
  });

  it("has no idle connections after a limit of 0, and is one for all requests of a second", async () => {
    const { clock, sessions } = setup(60_000);
    sessions.current();
    sessions.limit(0);
    const second = sessions.current();
    expect([second.idle, sessions.mayHaveIdle()]).toEqual([0, false]);
    await clock.advance(999);
    sessions.limit(0);
    expect(sessions.current()).toBe(second);
    await clock.advance(1);
    expect([sessions.current().id, sessions.current().idle]).toEqual([2, 0]);
  });
});

it("say whether there can be idle connections", () => {
  const { clock, sessions } = setup(1_000);
  expect(sessions.mayHaveIdle()).toBe(false);
  sessions.current();
  expect(sessions.mayHaveIdle()).toBe(true);
  clock.skip(1_000);
  expect(sessions.mayHaveIdle()).toBe(false);
});

it("closing closes the session in use and its timer", () => {
  const { clock, opened, sessions } = setup(1_000);
  sessions.current();
  sessions.close();
  expect([opened[0]?.closed, clock.pending]).toEqual([1, 0]);
});
