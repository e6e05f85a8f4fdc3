import { describe, expect, it } from "vitest";
import { createLimitScopes } from "../../src/upstream/limit-scope.ts";

interface Member {
  readonly own: boolean;
}

const own: Member = { own: true };
const passing: Member = { own: false };

/** A fixed seed for each call. */
function randomOf(seed: number): () => number {
  let calls = 0;
  return () => {
    calls += 1;
    return (seed + calls * 0.1) % 1;
  };
}

const scopes = createLimitScopes(randomOf(0.3));

function scope(member: Member, credential: string | undefined, model: string | undefined, of = scopes) {
  const request = {
    sendsOwnCredentials: (to: Member) => to.own,
    credential: () => credential,
    model: () => model,
  };
  return of(request).of(member);
}

describe("the scope of a limit", () => {
  it("is the same for the same credential and model", () => {
    expect(scope(passing, "k", "m")).toBe(scope(passing, "k", "m"));
    expect(scope(passing, undefined, undefined)).toBe(scope(passing, undefined, undefined));
  });

  it("differs by the client's credential where that passes through", () => {
    expect(scope(passing, "k", "m")).not.toBe(scope(passing, "l", "m"));
    expect(scope(passing, "k", "m")).not.toBe(scope(passing, undefined, "m"));
  });

  it("is shared by all clients where the proxy's own credentials are sent", () => {
    expect(scope(own, "k", "m")).toBe(scope(own, "l", "m"));
    expect(scope(own, "k", "m")).not.toBe(scope(passing, "k", "m"));
  });

  it("differs by the model", () => {
    expect(scope(own, "k", "m")).not.toBe(scope(own, "k", "n"));
    expect(scope(own, "k", "m")).not.toBe(scope(own, "k", undefined));
    expect(scope(passing, "k", "m")).not.toBe(scope(passing, "k", "n"));
  });

  it("can't be told from outside the process", () => {
    const others = createLimitScopes(randomOf(0.7));
    expect(scope(own, "k", "m")).not.toBe(scope(own, "k", "m", others));
  });

  it("is one client's where that sends a credential of its own", () => {
    const request = (credential: string | undefined) => ({
      sendsOwnCredentials: ({ own: isOwn }: Member) => isOwn,
      credential: () => credential,
      model: () => "m",
    });
    expect(scopes(request("k")).isClients(passing)).toBe(true);
    expect(scopes(request("k")).isClients(own)).toBe(false);
    expect(scopes(request(undefined)).isClients(passing)).toBe(false);
  });

  it("is a safe integer, and asks the request only once", () => {
    const asked: string[] = [];
    const request = {
      sendsOwnCredentials: ({ own: isOwn }: Member) => isOwn,
      credential: () => {
        asked.push("credential");
        return "k";
      },
      model: () => {
        asked.push("model");
        return "m";
      },
    };
    const one = scopes(request);
    expect(Number.isSafeInteger(one.of(passing))).toBe(true);
    expect(one.of(passing)).toBe(one.of({ own: false }));
    expect(asked).toEqual(["credential", "model"]);
  });
});
