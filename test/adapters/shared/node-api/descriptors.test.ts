import { describe, expect, it } from "vitest";
import { type Acceptor, createDescriptors } from "../../../../adapters/shared/node-api/descriptors.ts";

/** A process with `limit` descriptors, of which the test uses some. */
function stage(limit: number, { eager = true, opens = true } = {}) {
  const own = new Set<number>();
  const events: string[] = [];
  const used = { count: 0 };
  let next = 0;
  let look = (): void => undefined;
  const descriptors = createDescriptors(
    {
      open() {
        if (!opens) throw Object.assign(new Error("no"), { code: "ENOENT" });
        if (own.size + used.count >= limit) throw Object.assign(new Error("no"), { code: "EMFILE" });
        next += 1;
        own.add(next);
        return next;
      },
      close: (descriptor) => void own.delete(descriptor),
      every(_ms, listener) {
        look = listener;
      },
    },
    eager,
  );
  const acceptor = (name: string, essential = false): Acceptor => ({
    essential,
    pause: () => void events.push(`${name} pauses`),
    resume: () => void events.push(`${name} resumes`),
  });
  const takeEvents = (): string[] => events.splice(0);
  return { descriptors, acceptor, used, own, takeEvents, look: () => look() };
}

describe("descriptors", () => {
  it("keep 16 back, a quarter of fewer than 64, and none before there is a listener", () => {
    for (const [limit, spare] of [
      [1_000, 16],
      [64, 16],
      [40, 10],
      [3, 0],
    ] as const) {
      const { descriptors, acceptor, own } = stage(limit);
      expect([descriptors.areUsedUp(), own.size]).toEqual([false, 0]);
      descriptors.watch(acceptor("a"));
      expect(own.size).toBe(spare);
    }
  });

  it("are freed when they run short; listeners pause until they can be had again, and half as many", () => {
    const { descriptors, acceptor, used, own, takeEvents, look } = stage(100);
    descriptors.watch(acceptor("main"));
    descriptors.watch(acceptor("admin", true));
    used.count = 83;
    look();
    expect([takeEvents(), own.size]).toEqual([[], 16]);
    used.count = 84;
    look();
    expect([takeEvents(), own.size]).toEqual([["main pauses"], 0]);
    used.count = 77;
    look();
    expect([takeEvents(), own.size]).toEqual([[], 0]);
    used.count = 76;
    look();
    expect([takeEvents(), own.size]).toEqual([["main resumes"], 16]);
  });

  it("are short as soon as a connection finds none, before the next look", () => {
    const { descriptors, acceptor, used, own, takeEvents } = stage(100);
    descriptors.watch(acceptor("main"));
    used.count = 84;
    expect(descriptors.areUsedUp()).toBe(true);
    expect([takeEvents(), own.size]).toEqual([["main pauses"], 0]);
    expect(descriptors.areUsedUp()).toBe(false);
  });

  it("let an essential listener pause only when not one is left, and resume with four", () => {
    const { descriptors, acceptor, used, takeEvents, look } = stage(100);
    descriptors.watch(acceptor("admin", true));
    used.count = 84;
    look();
    expect(takeEvents()).toEqual([]);
    used.count = 100;
    look();
    expect(takeEvents()).toEqual(["admin pauses"]);
    used.count = 97;
    look();
    expect(takeEvents()).toEqual([]);
    used.count = 96;
    look();
    expect(takeEvents()).toEqual(["admin resumes"]);
  });

  it("try a listener again that can't resume", () => {
    const { descriptors, acceptor, takeEvents, look } = stage(100);
    let isTaken = true;
    const own = acceptor("main");
    const main: Acceptor = {
      ...own,
      resume() {
        if (isTaken) throw new Error("the port is in use");
        own.resume();
      },
    };
    descriptors.watch(main);
    descriptors.failed(main);
    look();
    expect(takeEvents()).toEqual(["main pauses"]);
    isTaken = false;
    look();
    look();
    expect(takeEvents()).toEqual(["main resumes"]);
  });

  it("that aren't looked for before a listener fails are freed then, and an essential one goes on at once", () => {
    const { descriptors, acceptor, used, own, takeEvents, look } = stage(100, { eager: false });
    const admin = acceptor("admin", true);
    descriptors.watch(acceptor("main"));
    descriptors.watch(admin);
    used.count = 84;
    look();
    expect([takeEvents(), own.size]).toEqual([[], 16]);
    descriptors.failed(admin);
    expect([takeEvents(), own.size]).toEqual([["admin pauses", "main pauses", "admin resumes"], 0]);
  });

  it("that can't be tried pause nothing, and a listener that failed resumes at the next look", () => {
    const { descriptors, acceptor, takeEvents, look } = stage(100, { opens: false });
    const main = acceptor("main");
    descriptors.watch(main);
    look();
    expect([descriptors.areUsedUp(), takeEvents()]).toEqual([false, []]);
    descriptors.failed(main);
    look();
    expect(takeEvents()).toEqual(["main pauses", "main resumes"]);
  });

  it("leave a listener alone that is closed", () => {
    const { descriptors, acceptor, used, takeEvents, look } = stage(100);
    const main = acceptor("main");
    const unwatch = descriptors.watch(main);
    used.count = 84;
    look();
    unwatch();
    used.count = 0;
    look();
    descriptors.failed(main);
    expect(takeEvents()).toEqual(["main pauses"]);
  });
});
