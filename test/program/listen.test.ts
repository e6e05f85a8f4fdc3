import { describe, expect, it } from "vitest";
import { Secret } from "../../src/base/secret.ts";
import type { AdminConfig, ForwardConfig } from "../../src/config/config.ts";
import type { Forward } from "../../src/forward/app.ts";
import { listenAdmin, listenForward } from "../../src/program/listen.ts";
import { ListenError } from "../../src/runtime/runtime.ts";
import { createFakeRuntime } from "../support/fake-runtime.ts";

const handler = () => new Response();

function forward(config: Partial<ForwardConfig> = {}): Forward {
  return {
    running: 0,
    notAccepted() {},
    handler,
    config: {
      name: "f",
      address: "127.0.0.1",
      port: 8000,
      group: "g",
      routes: [],
      timeouts: { connect: 1, body: 2, write: 3, idle: 4 },
      trustedProxies: [],
      maxBodySize: 1,
      explicit: [],
      ...config,
    },
  };
}

describe("listening", () => {
  it("gives a forward's address, port, times and handler to the runtime", async () => {
    const runtime = createFakeRuntime();
    const listening = await listenForward(runtime, forward());
    expect(listening).toMatchObject({ kind: "forward", name: "f", port: 8000, url: "http://127.0.0.1:8000" });
    const { options, handler: given } = runtime.listeners[0] ?? {};
    expect(given).toBe(handler);
    expect(options).toMatchObject({
      address: "127.0.0.1",
      port: 8000,
      headTimeout: 1,
      writeTimeout: 3,
      idleTimeout: 4,
    });
    expect(options).not.toHaveProperty("tls");
  });

  it("opens the key for the runtime, and shows the port that was chosen in an https URL", async () => {
    const runtime = createFakeRuntime();
    const tls = { cert: "CERT", key: new Secret("KEY") };
    const { url, address, port } = await listenForward(runtime, forward({ address: "::", port: 0, tls }));
    expect({ url, address, port }).toEqual({ url: "https://[::]:50000", address: "::", port: 50_000 });
    expect(runtime.listeners[0]?.options.tls).toEqual({ cert: "CERT", key: "KEY" });
  });

  it("answers what the runtime's parser refuses as a forward answers", async () => {
    const runtime = createFakeRuntime();
    await listenForward(runtime, forward());
    const { refuse } = runtime.listeners[0]?.options ?? {};
    const codes = (["bad_request", "headers_too_large", "request_timeout"] as const).map((why) => {
      const response = refuse?.(why);
      return [response?.status, response?.headers.get("x-llmproxy-error")];
    });
    expect(codes).toEqual([
      [400, "bad_request"],
      [431, "headers_too_large"],
      [408, "request_timeout"],
    ]);
  });

  it("names the listener that failed and keeps why", async () => {
    const runtime = createFakeRuntime({
      onServe() {
        throw new ListenError("in_use", "taken");
      },
    });
    const admin: AdminConfig = { address: "::1", port: 9000, connectTimeout: 10 };
    await expect(listenAdmin(runtime, admin, handler)).rejects.toMatchObject({
      name: "CannotListen",
      kind: "in_use",
      message: 'admin "admin" on [::1]:9000: taken',
    });
  });

  it("leaves other errors as they are", async () => {
    const error = new TypeError("a defect");
    const runtime = createFakeRuntime({
      onServe() {
        throw error;
      },
    });
    await expect(listenForward(runtime, forward())).rejects.toBe(error);
  });

  it("gives the admin port its head timeout", async () => {
    const runtime = createFakeRuntime();
    await listenAdmin(runtime, { address: "127.0.0.1", port: 9000, connectTimeout: 7 }, handler);
    expect(runtime.listeners[0]?.options).toMatchObject({
      headTimeout: 7,
      idleTimeout: 75_000,
      writeTimeout: 30_000,
    });
  });
});
