import { describe, expect, it, vi } from "vitest";
import { VERSION } from "../../src/base/version.ts";
import { main } from "../../src/program/main.ts";
import { ListenError } from "../../src/runtime/runtime.ts";
import { settle } from "../support/fake-clock.ts";
import { createFakeRuntime, type FakeRuntimeOptions } from "../support/fake-runtime.ts";

const CONFIG = `
http_server:
  forwards:
    - { name: web, port: 8001, address: 127.0.0.1, upstream_group: g }
    - { name: spare, port: 0, address: "::1", upstream_group: g, routing: [{ path: /x, target_group: g }] }
  admin: { port: 9001, address: 127.0.0.1 }
upstreams:
  - { name: one, url: "https://one.example/v1" }
  - { name: two, url: "https://two.example/v1" }
upstream_groups:
  - { name: g, upstreams: [{ name: one }, { name: two }] }
`;

async function start(args: string, options: FakeRuntimeOptions = {}) {
  const runtime = createFakeRuntime({ files: { "config.yaml": CONFIG }, ...options });
  await main(runtime, args === "" ? [] : args.split(" "));
  return runtime;
}

const events = (out: readonly string[]) => out.map((line) => JSON.parse(line) as Record<string, unknown>);
const peer = { address: "192.0.2.1" };

describe("the program", () => {
  it("prints its usage and its version, and exits 0", async () => {
    const help = await start("--help");
    expect(help.out.join()).toContain("Usage: llmproxy");
    expect(help.exits).toEqual([0]);
    const version = await start("-v");
    expect(version.out).toEqual([`llmproxy ${VERSION} (fake 1.2.3)`]);
    expect(version.exits).toEqual([0]);
  });

  it("exits 2 for arguments that it does not know", async () => {
    const runtime = await start("--nope");
    expect(runtime.err).toEqual(['llmproxy: unknown argument "--nope"; see llmproxy --help']);
    expect(runtime.exits).toEqual([2]);
    expect(runtime.listeners).toEqual([]);
  });

  it("checks a configuration, prints a summary, and opens nothing", async () => {
    const runtime = await start("-t");
    expect(runtime.out.join("\n").split("\n")).toEqual([
      "the configuration is fine: 2 forwards, 2 upstreams, 1 group",
      "  forward web: 127.0.0.1:8001 to group g",
      expect.stringMatching(/^ {2}forward spare: .*:0 to group g, 1 route$/),
      "  group g: roundrobin over one, two",
      "  admin: 127.0.0.1:9001",
    ]);
    expect(runtime.exits).toEqual([0]);
    expect(runtime.listeners).toEqual([]);
  });

  it("prints all errors of a configuration and exits 1", async () => {
    const files = { "bad.yaml": "upstreams: 3\nnope: 1\n" };
    const runtime = await start("-c bad.yaml", { files });
    expect(runtime.err.filter((line) => line.startsWith("error: bad.yaml:")).length).toBeGreaterThan(1);
    expect(runtime.err.at(-1)).toMatch(/^llmproxy: the configuration has \d errors$/);
    expect(runtime.exits).toEqual([1]);
  });

  it("points to the example and to --demo when there is no configuration", async () => {
    const runtime = await start("", { files: {} });
    expect(runtime.err.join("\n")).toContain("config.yaml");
    expect(runtime.err.at(-1)).toMatch(/config\.default\.yaml.*--demo/);
    expect(runtime.exits).toEqual([1]);
  });

  it("does not suggest to copy an example over a configuration that has an error", async () => {
    const runtime = await start("", { files: { "config.yaml": "nope: 1\n" } });
    expect(runtime.err.join("\n")).not.toContain("config.default.yaml");
  });

  it("says what it listens on and serves", async () => {
    const runtime = await start("");
    const listening = events(runtime.out).filter(({ msg }) => msg === "listening");
    expect(listening).toMatchObject([
      { listener: "admin", name: "admin", url: "http://127.0.0.1:9001" },
      { listener: "forward", name: "web", port: 8001, url: "http://127.0.0.1:8001" },
      { listener: "forward", name: "spare", port: 50_000, url: "http://[::1]:50000" },
    ]);
    expect(events(runtime.out)[0]).toMatchObject({ msg: "starting", version: VERSION, runtime: "fake" });
    const [admin, web] = runtime.listeners;
    expect((await admin?.handler(new Request("http://h/ready"), peer))?.status).toBe(200);
    expect(await (await web?.handler(new Request("http://h/v1/models"), peer))?.text()).toBe("ok");
    expect(runtime.exits).toEqual([]);
  });

  it("logs and counts what no code caught, and goes on", async () => {
    const runtime = await start("");
    runtime.defect(new Error("nobody caught me"));
    expect(events(runtime.out).at(-1)).toMatchObject({
      level: "error",
      msg: "a defect of the proxy",
      error: { message: "Error: nobody caught me", stack: expect.stringContaining("main.test.ts") },
    });
    expect(runtime.exits).toEqual([]);
    const [admin] = runtime.listeners;
    const metrics = await (await admin?.handler(new Request("http://h/metrics"), peer))?.text();
    expect(metrics).toMatch(/^llmproxy_internal_errors_total 1$/m);
  });

  it("guards the admin port with its token", async () => {
    const runtime = await start("", { variables: { LLMPROXY_ADMIN_AUTH_TOKEN: "t0ken" } });
    const ask = (headers: HeadersInit) =>
      runtime.listeners[0]?.handler(new Request("http://h/health/upstreams", { headers }), peer);
    expect((await ask({}))?.status).toBe(401);
    expect((await ask({ authorization: "Bearer t0ken" }))?.status).toBe(200);
  });

  it("exits 3 when a port is in use, and closes what it had opened", async () => {
    const runtime = await start("", {
      onServe({ port }) {
        if (port === 8001) throw new ListenError("in_use", "the port is in use");
      },
    });
    expect(runtime.err).toEqual(['llmproxy: forward "web" on 127.0.0.1:8001: the port is in use']);
    expect(runtime.exits).toEqual([3]);
    expect(runtime.listeners.map((listener) => listener.events)).toEqual([["close"]]);
  });

  it("exits 1 when it can't listen for another reason, with a stack only when debugging", async () => {
    const onServe = () => {
      throw new ListenError("tls", "the key is unusable");
    };
    const runtime = await start("", { onServe });
    expect(runtime.exits).toEqual([1]);
    expect(runtime.err).toHaveLength(1);
    const debugged = await start("--debug", { onServe });
    expect(debugged.err.join("\n")).toMatch(/\n\s+at /);
  });
});

describe("the demo", () => {
  it("starts without a configuration and says what to try", async () => {
    const runtime = await start("--demo", { files: {} });
    expect(runtime.exits).toEqual([]);
    expect(runtime.out.at(-1)).toContain("curl");
    expect(runtime.listeners.every(({ options }) => options.address === "127.0.0.1")).toBe(true);
    runtime.signal("SIGTERM");
    for (const listener of runtime.listeners) listener.empty();
    await settle();
    await settle();
    expect(
      runtime.listeners.every(({ events }) => events.includes("close") || events.includes("drain")),
    ).toBe(true);
    expect(runtime.exits).toEqual([0]);
  });
});

describe("a signal", () => {
  it("drains the forwards, keeps the admin port to the end, and exits 0", async () => {
    const runtime = await start("");
    const [admin, ...forwards] = runtime.listeners;
    runtime.signal("SIGTERM");
    await settle();
    expect((await admin?.handler(new Request("http://h/ready"), peer))?.status).toBe(503);
    expect(forwards.map((forward) => forward.events)).toEqual([["drain"], ["drain"]]);
    expect(admin?.events).toEqual([]);
    expect(runtime.exits).toEqual([]);
    for (const forward of forwards) forward.empty();
    await settle();
    expect(forwards.map((forward) => forward.events.at(-1))).toEqual(["close", "close"]);
    expect(admin?.events).toEqual(["close"]);
    expect(runtime.clients.map(({ closed }) => closed)).toEqual([true, true]);
    expect(events(runtime.out).at(-1)).toMatchObject({ msg: "stopped", cut: 0 });
    expect(runtime.exits).toEqual([0]);
  });

  it("exits at once, with 130, when it is the second", async () => {
    const runtime = await start("");
    runtime.signal("SIGINT");
    runtime.signal("SIGINT");
    expect(runtime.exits).toEqual([130]);
  });

  it("says that reload is not supported yet, and goes on, when it is SIGHUP", async () => {
    const runtime = await start("");
    for (let i = 0; i < 3; i += 1) runtime.signal("SIGHUP");
    await settle();
    expect(events(runtime.out).at(-1)).toMatchObject({ msg: "reload is not supported yet" });
    expect(runtime.listeners.flatMap(({ events }) => events)).toEqual([]);
    expect(runtime.exits).toEqual([]);
  });

  it("exits 4 when requests were cut", async () => {
    const runtime = await start("--shutdown-timeout 1", { fetch: () => new Promise(() => {}) });
    const [, web] = runtime.listeners;
    void web?.handler(new Request("http://h/"), peer);
    vi.useFakeTimers({ toFake: ["setTimeout"] });
    runtime.signal("SIGTERM");
    await vi.advanceTimersByTimeAsync(1_000);
    vi.useRealTimers();
    await settle();
    expect(events(runtime.out).at(-1)).toMatchObject({ msg: "stopped", cut: 1 });
    expect(runtime.exits).toEqual([4]);
  });
});
