import { createServer } from "node:net";
import { describe, expect, it, onTestFinished } from "vitest";
import type { Address } from "../../../../../adapters/shared/node-api/connect/addresses.ts";
import { attemptDelay, openTcp } from "../../../../../adapters/shared/node-api/connect/tcp.ts";
import { type FullBacklog, startFullBacklog } from "../../../../support/full-backlog.ts";

/** A port of 127.0.0.1 on which nothing answers. */
async function deadPort(): Promise<FullBacklog> {
  const dead = await startFullBacklog();
  onTestFinished(() => dead.close());
  await dead.block();
  return dead;
}

/** Listens on `host` until the test ends. */
async function listen(host: string, port = 0): Promise<number> {
  const server = createServer((socket) => socket.on("error", () => {}).end());
  await new Promise<void>((resolve) => server.listen(port, host, resolve));
  onTestFinished(() => void server.close());
  return (server.address() as { port: number }).port;
}

/** A port of 127.0.0.2 that refuses. */
async function refusingPort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.2", resolve));
  const { port } = server.address() as { port: number };
  await new Promise((resolve) => server.close(resolve));
  return port;
}

async function open(hosts: readonly string[], port: number, timeout = 2_000): Promise<string | undefined> {
  const addresses = hosts.map((host): Address => ({ host, family: host.includes(":") ? 6 : 4 }));
  const signal = AbortSignal.timeout(timeout);
  const options = { resolve: () => Promise.resolve(addresses), timeout, keepAlive: 0 };
  const socket = await openTcp({ hostname: "host.test", port }, options, signal);
  const { remoteAddress } = socket;
  socket.destroy();
  return remoteAddress;
}

describe("a connection to a host of several addresses", () => {
  it("goes to the next one when the first gives no answer", async () => {
    const dead = await deadPort();
    await listen("127.0.0.2", dead.port);
    const since = performance.now();
    expect(await open(["127.0.0.1", "127.0.0.2"], dead.port)).toBe("127.0.0.2");
    expect(performance.now() - since).toBeGreaterThan(240);
  });

  it("reaches the last of many dead ones within a short timeout", async () => {
    const dead = await deadPort();
    await listen("127.0.0.2", dead.port);
    const hosts = [...Array.from({ length: 7 }, () => "127.0.0.1"), "127.0.0.2"];
    expect(await open(hosts, dead.port, 1_000)).toBe("127.0.0.2");
  });

  it("goes to the next one at once when the first refuses", async () => {
    const port = await listen("127.0.0.2");
    const since = performance.now();
    expect(await open(["127.0.0.3", "127.0.0.2"], port)).toBe("127.0.0.2");
    expect(performance.now() - since).toBeLessThan(200);
  });

  it("goes to an address of the other family", async () => {
    const port = await listen("127.0.0.1");
    expect(await open(["::1", "127.0.0.1"], port)).toBe("127.0.0.1");
  });

  it("is refused where all refuse, with the error of each", async () => {
    const port = await refusingPort();
    const failed = open(["127.0.0.2", "127.0.0.3"], port);
    await expect(failed).rejects.toMatchObject({ code: "ECONNREFUSED" });
    await expect(failed).rejects.toThrow(/127\.0\.0\.2.*; .*127\.0\.0\.3/);
  });

  it("fails with the signal's reason where one refuses and the others give no answer", async () => {
    const dead = await deadPort();
    await expect(open(["127.0.0.1", "127.0.0.2"], dead.port, 400)).rejects.toMatchObject({
      name: "TimeoutError",
    });
  });

  it("fails with the signal's reason while the name is being resolved", async () => {
    const options = { resolve: () => new Promise<never>(() => {}), timeout: 50, keepAlive: 0 };
    const target = { hostname: "host.test", port: 1 };
    await expect(openTcp(target, options, AbortSignal.timeout(50))).rejects.toMatchObject({
      name: "TimeoutError",
    });
  });
});

it.each([
  [10_000, 2, 250],
  [1_000, 2, 250],
  [1_000, 8, 125],
  [100, 32, 10],
])("of %i ms for %i addresses, one starts every %i ms", (timeout, count, delay) => {
  expect(attemptDelay(timeout, count)).toBe(delay);
});
