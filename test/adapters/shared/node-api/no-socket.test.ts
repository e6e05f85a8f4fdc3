import { describe, expect, it } from "vitest";
import { isNoSocket, orNoSocket } from "../../../../adapters/shared/node-api/no-socket.ts";
import { TransportError } from "../../../../src/runtime/runtime.ts";

const failed = (code: string, more: object = {}): Error => Object.assign(new Error(code), { code, ...more });

describe("a connect that failed", () => {
  it.each([
    ["EMFILE: the process has no descriptor left", failed("EMFILE"), true],
    ["ENFILE: the system has none left", failed("ENFILE"), true],
    ["ENOBUFS", failed("ENOBUFS"), true],
    ["ENOMEM", failed("ENOMEM"), true],
    ["EADDRNOTAVAIL to IPv4: no local port is left", failed("EADDRNOTAVAIL", { address: "10.0.0.1" }), true],
    ["EINVAL to IPv4: the same, as Deno says it", failed("EINVAL", { address: "10.0.0.1" }), true],
    ["EADDRNOTAVAIL to IPv6: there may be no IPv6", failed("EADDRNOTAVAIL", { address: "::1" }), false],
    ["the same, of Bun's fetch", failed("EADDRNOTAVAIL", { path: "http://[::1]:80/" }), false],
    ["EADDRNOTAVAIL of Bun's fetch to IPv4", failed("EADDRNOTAVAIL", { path: "http://10.0.0.1/" }), true],
    [
      "EADDRNOTAVAIL of the addresses of a name, made one error",
      failed("EADDRNOTAVAIL", {
        cause: new AggregateError([failed("EADDRNOTAVAIL", { address: "10.0.0.1" })]),
      }),
      true,
    ],
    ["EADDRNOTAVAIL of it is not known what address", failed("EADDRNOTAVAIL"), false],
    ["ECONNREFUSED", failed("ECONNREFUSED"), false],
    ["all addresses of a name", new AggregateError([failed("EMFILE"), failed("EMFILE")]), true],
    ["one address of a name", new AggregateError([failed("EMFILE"), failed("ECONNREFUSED")]), false],
    ["no error of the system", new Error("x"), false],
    ["no error", undefined, false],
  ])("%s", (_name, error, expected) => expect(isNoSocket(error)).toBe(expected));

  it.each([
    ["refused", true, "no_socket"],
    ["dns", true, "no_socket"],
    ["refused", false, "refused"],
    ["tls", true, "tls"],
    ["reset", true, "reset"],
    ["connect_timeout", true, "connect_timeout"],
  ] as const)("%s, with all descriptors used: %s, is %s", (kind, usedUp, expected) => {
    const error = orNoSocket(new TransportError(kind, true, ""), { areUsedUp: () => usedUp });
    expect(error.kind).toBe(expected);
  });
});
