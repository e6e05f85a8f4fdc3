import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import { systemClock } from "../../src/base/clock.ts";
import { startDemo } from "../../src/demo/demo.ts";
import { type Handler, ListenError, type Runtime } from "../../src/runtime/runtime.ts";

/** A network of ports: who listens where, and a fetch that is refused where nobody does. */
function createNetwork(taken: readonly number[] = []) {
  const listening = new Map<number, Handler>();
  const foreign = new Set(taken);
  let free = 50_000;
  const runtime: Pick<Runtime, "serve"> = {
    async serve(handler, { address, port }) {
      expect(address).toBe("127.0.0.1");
      if (foreign.has(port) || listening.has(port)) throw new ListenError("in_use", `port ${port} is in use`);
      const own = port === 0 ? free++ : port;
      listening.set(own, handler);
      const close = async (): Promise<void> => {
        listening.delete(own);
      };
      return { port: own, drain: close, close };
    },
  };
  const request = async (port: number, path: string, init?: RequestInit): Promise<Response> => {
    const handler = listening.get(port);
    if (!handler) throw new Error("refused");
    return handler(new Request(`http://127.0.0.1:${port}${path}`, init), { address: "127.0.0.1" });
  };
  return { runtime, request, listening, foreign };
}

const POST = { method: "POST" };
const deps = () => ({ clock: systemClock, random: () => 0.25 });

describe("startDemo", () => {
  it("listens on loopback, ports 4000 to 4003, and closes all of them", async () => {
    const { runtime, request, listening } = createNetwork();
    const demo = await startDemo(runtime, deps());
    expect([...listening.keys()].sort()).toEqual([4000, 4001, 4002, 4003]);
    const names = [4001, 4002, 4003].map(
      async (port) => (await (await request(port, "/sim/stats")).json()).name,
    );
    expect(await Promise.all(names)).toEqual(["fast", "slow", "flaky"]);
    await demo.close();
    expect(listening.size).toBe(0);
  });

  it("takes other ports where the usual ones are in use, and says so", async () => {
    const { runtime, listening } = createNetwork([4002, 4000]);
    const lines: string[] = [];
    const demo = await startDemo(runtime, { ...deps(), log: (line) => lines.push(line) });
    expect([...listening.keys()].sort()).toEqual([4001, 4003, 50_000, 50_001]);
    expect(lines).toEqual([
      "port 4002 is in use: upstream slow listens on 50000",
      "port 4000 is in use: the switchboard listens on 50001",
    ]);
    expect(demo.configYaml).toContain("http://127.0.0.1:50000/");
    expect(demo.banner({ forwards: [{ name: "f", url: "http://h:1" }] })).toContain(
      "http://127.0.0.1:50001/upstreams",
    );
  });

  it("closes what it opened when it can't listen at all", async () => {
    const { runtime, listening } = createNetwork();
    const serve: Runtime["serve"] = (handler, options) => {
      if (options.port === 4003) return Promise.reject(new ListenError("not_available", "not allowed"));
      return runtime.serve(handler, options);
    };
    await expect(startDemo({ serve }, deps())).rejects.toThrow("not allowed");
    expect(listening.size).toBe(0);
  });

  it("closes a killed upstream's listener and revives it on the same port", async () => {
    const { runtime, request } = createNetwork([4001]);
    await startDemo(runtime, deps());
    expect((await request(50_000, "/v1/models")).status).toBe(200);
    const killed = await request(4000, "/upstreams/fast/kill", POST);
    expect(await killed.json()).toEqual({ name: "fast", url: "http://127.0.0.1:50000", state: "down" });
    await expect(request(50_000, "/v1/models")).rejects.toThrow("refused");
    expect((await request(4002, "/v1/models")).status).toBe(200);
    const { upstreams } = await (await request(4000, "/upstreams")).json();
    expect(upstreams.map(({ state }: { state: string }) => state)).toEqual(["down", "up", "up"]);
    expect(await (await request(4000, "/upstreams/fast/revive", POST)).json()).toMatchObject({ state: "up" });
    expect((await request(50_000, "/v1/models")).status).toBe(200);
  });

  it("takes kills and revives at the same moment in their order, and repeated ones as one", async () => {
    const { runtime, request, listening } = createNetwork();
    await startDemo(runtime, deps());
    const actions = ["kill", "kill", "revive", "revive", "kill", "revive"];
    const answers = await Promise.all(
      actions.map((action) => request(4000, `/upstreams/slow/${action}`, POST)),
    );
    expect(answers.map(({ status }) => status)).toEqual(actions.map(() => 200));
    expect([...listening.keys()].sort()).toEqual([4000, 4001, 4002, 4003]);
  });

  it("answers 409 when the port was taken meanwhile, 404 for names and actions there are none of", async () => {
    const { runtime, request, foreign } = createNetwork();
    await startDemo(runtime, deps());
    await request(4000, "/upstreams/flaky/kill", POST);
    foreign.add(4003);
    const taken = await request(4000, "/upstreams/flaky/revive", POST);
    expect(taken.status).toBe(409);
    expect(await taken.json()).toEqual({ error: "port 4003 is in use" });
    foreign.delete(4003);
    expect((await request(4000, "/upstreams/flaky/revive", POST)).status).toBe(200);
    expect((await request(4000, "/upstreams/nobody/kill", POST)).status).toBe(404);
    expect((await request(4000, "/upstreams/fast/tickle", POST)).status).toBe(404);
    expect((await request(4000, "/upstreams/fast/kill")).status).toBe(404);
  });
});

describe("the demo's texts", () => {
  it("configures two forwards and three upstreams on loopback, with retry and different strategies", async () => {
    const { runtime } = createNetwork();
    const config = parse((await startDemo(runtime, deps())).configYaml);
    const { forwards, admin } = config.http_server;
    expect(
      forwards.map(({ address, port }: { address: string; port: number }) => `${address}:${port}`),
    ).toEqual(["127.0.0.1:3000", "127.0.0.1:3001"]);
    expect(admin).toEqual({ address: "127.0.0.1", port: 9000 });
    expect(config.upstreams).toEqual([
      { name: "fast", url: "http://127.0.0.1:4001/" },
      { name: "slow", url: "http://127.0.0.1:4002/" },
      { name: "flaky", url: "http://127.0.0.1:4003/" },
    ]);
    const groups: { balance: { strategy: string }; http_client: { retry: object } }[] =
      config.upstream_groups;
    expect(groups.map(({ balance }) => balance.strategy)).toEqual(["roundrobin", "failover"]);
    for (const { http_client } of groups) expect(http_client.retry).toEqual({ attempts: 4, initial: 200 });
  });

  it("prints curl lines that the upstreams answer", async () => {
    const { runtime, request } = createNetwork();
    const demo = await startDemo(runtime, deps());
    const forwards = [{ name: "everyone", url: "http://127.0.0.1:4001" }];
    const text = demo.banner({ forwards, admin: "http://127.0.0.1:9000" });
    const lines = [
      ...text.matchAll(/curl (?:-N )?http:\/\/127\.0\.0\.1:4001(\S+) -H '(.*?): (.*?)' -d '(.*?)'/g),
    ];
    expect(lines).toHaveLength(3);
    const answers = lines.map(async ([, path = "", name = "", value = "", body = ""]) => {
      const headers = {
        [name]: value,
        "x-sim-first-token-ms": "0",
        "x-sim-tokens-per-second": "1000000",
        "x-sim-jitter-ms": "0",
      };
      const response = await request(4001, path, { ...POST, headers, body });
      return `${response.status} ${response.headers.get("content-type")} ${(await response.text()).includes("[fast]")}`;
    });
    expect(await Promise.all(answers)).toEqual([
      "200 application/json true",
      "200 text/event-stream; charset=utf-8 true",
      "200 application/json true",
    ]);
  });

  it("prints switchboard lines that work, SDK settings, and where the metrics are", async () => {
    const { runtime, request } = createNetwork();
    const demo = await startDemo(runtime, deps());
    const forwards = [
      { name: "one", url: "http://h:1" },
      { name: "two", url: "http://h:2" },
    ];
    const text = demo.banner({ forwards, admin: "http://h:9" });
    const posts = [...text.matchAll(/curl -X POST http:\/\/127\.0\.0\.1:4000(\S+)/g)].map(
      ([, path = ""]) => path,
    );
    const states: string[] = [];
    for (const path of posts) states.push((await (await request(4000, path, POST)).json()).state);
    expect(states).toEqual(["down", "up"]);
    expect(text).toContain('baseURL: "http://h:1/v1"');
    expect(text).toContain('base_url="http://h:1/v1"');
    expect(text).toContain('new Anthropic({ baseURL: "http://h:1"');
    expect(text).toContain("http://h:9/metrics");
    expect(text).toContain("http://h:2  (two)");
    expect(demo.banner({ forwards })).not.toContain("metrics");
  });
});
