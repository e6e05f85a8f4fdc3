import { Registry } from "prom-client";
import { describe, expect, it } from "vitest";
import { createMetrics, type Metrics } from "../../src/metrics/metrics.ts";
import type { ProcessStats } from "../../src/runtime/runtime.ts";

const STATS: ProcessStats = {
  cpuUserSeconds: 1.5,
  cpuSystemSeconds: 0.25,
  residentBytes: 1000,
  heapBytes: 500,
  openFds: 12,
  maxFds: 1024,
  startTimeSeconds: 1_700_000_000,
};

function create(processStats: () => ProcessStats = () => STATS): Metrics {
  return createMetrics({ runtime: "node", version: "1.2.3", processStats });
}

/** Everything that can be counted, once. */
function countAll(metrics: Metrics): void {
  const forward = metrics.forward("main");
  forward.request("POST", "/v1/chat/completions").started();
  forward.request("POST", "/v1/chat/completions").ended(0.2);
  forward.error("upstream_timeout", 504);
  forward.rateLimited();
  forward.notAccepted();
  forward.routed("chat");
  const member = metrics.member(
    "chat",
    "one",
    "https://user:secret@api.example/v1?api-version=7#x",
    () => "up",
  );
  member.started();
  member.firstByte(0.1);
  member.firstToken(0.3);
  member.failed("reset");
  member.retried("reset");
  member.breakerCall("failure");
  member.breakerChanged("closed", "open");
  member.ended(2);
}

/** The samples of a text by series, without `# HELP` and `# TYPE`. */
async function samples(metrics: Metrics): Promise<Map<string, number>> {
  const lines = (await metrics.text()).split("\n").filter((line) => line !== "" && !line.startsWith("#"));
  return new Map(
    lines.map((line) => {
      const end = line.lastIndexOf(" ");
      return [line.slice(0, end), Number(line.slice(end + 1))];
    }),
  );
}

/** `name type label,label` of every family, with `le` left out. */
async function families(metrics: Metrics): Promise<string[]> {
  const text = await metrics.text();
  const series = [...(await samples(metrics)).keys()];
  return [...text.matchAll(/^# TYPE (\S+) (\S+)$/gm)].map(([, name, type]) => {
    const own = series.find((key) => key.replace(/(_bucket)?(\{.*)?$/, "") === name) ?? "";
    const labels = [...own.matchAll(/[{,](\w+)="/g)]
      .map(([, label]) => label)
      .filter((label) => label !== "le");
    return [name, type, labels.sort().join(",")].join(" ").trim();
  });
}

describe("the metrics' names and labels", () => {
  it("are exactly those that dashboards and alerts rely on", async () => {
    const metrics = create();
    countAll(metrics);
    expect((await families(metrics)).sort()).toEqual(
      [
        "llmproxy_build_info gauge runtime,version",
        "llmproxy_accept_errors_total counter forward",
        "llmproxy_circuitbreaker_calls_total counter group,result,upstream,url",
        "llmproxy_circuitbreaker_state_changes_total counter from,group,to,upstream,url",
        "llmproxy_http_request_duration_seconds histogram forward,method,path",
        "llmproxy_http_request_errors_total counter error,forward,status",
        "llmproxy_http_requests_total counter forward,method,path",
        "llmproxy_internal_errors_total counter",
        "llmproxy_in_flight_requests gauge group,upstream",
        "llmproxy_ratelimit_total counter forward",
        "llmproxy_retries_total counter group,reason,upstream",
        "llmproxy_route_matches_total counter forward,group",
        "llmproxy_time_to_first_byte_seconds histogram group,upstream",
        "llmproxy_time_to_first_token_seconds histogram group,upstream",
        "llmproxy_upstream_duration_seconds histogram group,upstream",
        "llmproxy_upstream_errors_total counter error,group,upstream",
        "llmproxy_upstream_requests_total counter group,upstream",
        "llmproxy_upstream_state gauge group,state,upstream",
        "process_cpu_seconds_total counter",
        "process_cpu_system_seconds_total counter",
        "process_cpu_user_seconds_total counter",
        "process_heap_bytes gauge",
        "process_max_fds gauge",
        "process_open_fds gauge",
        "process_resident_memory_bytes gauge",
        "process_start_time_seconds gauge",
      ].sort(),
    );
  });

  it("are Prometheus' text format 0.0.4", async () => {
    expect(create().contentType).toBe("text/plain; version=0.0.4; charset=utf-8");
    expect(create().contentType).toBe(new Registry().contentType);
  });

  it("have buckets from 5 ms to 600 s", async () => {
    const metrics = create();
    countAll(metrics);
    const text = await metrics.text();
    const bounds = [...text.matchAll(/llmproxy_upstream_duration_seconds_bucket\{le="([^"]+)"/g)].map(
      (m) => m[1],
    );
    expect([bounds.at(0), bounds.at(-2), bounds.at(-1)]).toEqual(["0.005", "600", "+Inf"]);
  });

  it("show an upstream's URL without credentials, query and fragment", async () => {
    const metrics = create();
    countAll(metrics);
    const text = await metrics.text();
    expect(text).toContain('url="https://api.example/v1"');
    expect(text).not.toContain("secret");
    expect(text).not.toContain("api-version");
  });

  it("call a method that no standard knows `other`", async () => {
    const metrics = create();
    const forward = metrics.forward("main");
    for (const method of ["PATCH", "BREW", "get"]) forward.request(method, "/").started();
    const all = await samples(metrics);
    expect(all.get('llmproxy_http_requests_total{forward="main",method="PATCH",path="/"}')).toBe(1);
    expect(all.get('llmproxy_http_requests_total{forward="main",method="other",path="/"}')).toBe(2);
  });
});

describe("series whose labels are known from the configuration", () => {
  it("exist from the start", async () => {
    const metrics = create();
    metrics.forward("main");
    metrics.member("chat", "one", "http://127.0.0.1:1", () => "up");
    const all = await samples(metrics);
    const member = 'group="chat",upstream="one"';
    expect(all.get('llmproxy_ratelimit_total{forward="main"}')).toBe(0);
    expect(all.get("llmproxy_internal_errors_total")).toBe(0);
    expect(all.get(`llmproxy_upstream_requests_total{${member}}`)).toBe(0);
    expect(all.get(`llmproxy_in_flight_requests{${member}}`)).toBe(0);
    expect(all.get(`llmproxy_upstream_duration_seconds_count{${member}}`)).toBe(0);
    expect(all.get(`llmproxy_upstream_state{${member},state="up"}`)).toBe(1);
    expect(all.get(`llmproxy_upstream_state{${member},state="down"}`)).toBe(0);
    expect(all.get('llmproxy_build_info{runtime="node",version="1.2.3"}')).toBe(1);
  });
});

describe("counting", () => {
  it("counts an attempt when it begins and its time when it ends", async () => {
    const metrics = create();
    const member = metrics.member("chat", "one", "http://127.0.0.1:1", () => "up");
    const labels = '{group="chat",upstream="one"}';
    member.started();
    member.started();
    member.ended(3);
    const all = await samples(metrics);
    expect(all.get(`llmproxy_upstream_requests_total${labels}`)).toBe(2);
    expect(all.get(`llmproxy_in_flight_requests${labels}`)).toBe(1);
    expect(all.get(`llmproxy_upstream_duration_seconds_count${labels}`)).toBe(1);
    expect(all.get(`llmproxy_upstream_duration_seconds_sum${labels}`)).toBe(3);
  });

  it("counts requests, errors, routes and rate limits of a forward", async () => {
    const metrics = create();
    countAll(metrics);
    countAll(metrics);
    const all = await samples(metrics);
    const request = '{forward="main",method="POST",path="/v1/chat/completions"}';
    expect(all.get(`llmproxy_http_requests_total${request}`)).toBe(2);
    expect(all.get(`llmproxy_http_request_duration_seconds_count${request}`)).toBe(2);
    expect(
      all.get('llmproxy_http_request_errors_total{forward="main",error="upstream_timeout",status="504"}'),
    ).toBe(2);
    expect(all.get('llmproxy_ratelimit_total{forward="main"}')).toBe(2);
    expect(all.get('llmproxy_route_matches_total{forward="main",group="chat"}')).toBe(2);
    expect(all.get('llmproxy_retries_total{group="chat",upstream="one",reason="reset"}')).toBe(2);
    expect(all.get('llmproxy_upstream_errors_total{error="reset",group="chat",upstream="one"}')).toBe(2);
  });

  it("keeps exactly one state of an upstream at 1", async () => {
    const metrics = create();
    metrics.member("chat", "one", "http://127.0.0.1:1", () => "cooling");
    const shown = [...(await samples(metrics))].filter(([series]) =>
      series.startsWith("llmproxy_upstream_state"),
    );
    expect(shown.filter(([, value]) => value === 1).map(([series]) => series)).toEqual([
      'llmproxy_upstream_state{group="chat",upstream="one",state="cooling"}',
    ]);
    expect(shown).toHaveLength(4);
  });

  it("keeps two proxies in one process apart", async () => {
    const one = create();
    const two = create();
    one.forward("main").rateLimited();
    two.forward("main");
    expect((await samples(one)).get('llmproxy_ratelimit_total{forward="main"}')).toBe(1);
    expect((await samples(two)).get('llmproxy_ratelimit_total{forward="main"}')).toBe(0);
  });
});

describe("process metrics", () => {
  it("are read anew at every scrape", async () => {
    let cpuUserSeconds = 1;
    const metrics = create(() => ({ cpuUserSeconds, cpuSystemSeconds: 1 }));
    expect((await samples(metrics)).get("process_cpu_seconds_total")).toBe(2);
    cpuUserSeconds = 5;
    const all = await samples(metrics);
    expect(all.get("process_cpu_user_seconds_total")).toBe(5);
    expect(all.get("process_cpu_seconds_total")).toBe(6);
  });

  it("leave out what the runtime can't tell, rather than show a wrong 0", async () => {
    const text = await create(() => ({ residentBytes: 7 })).text();
    expect(text).toContain("process_resident_memory_bytes 7");
    expect([...text.matchAll(/^# TYPE process_\S+/gm)]).toHaveLength(1);
  });

  it("keep the last value of a figure that can't be had any more", async () => {
    let stats: ProcessStats = { openFds: 9, cpuUserSeconds: 4 };
    const metrics = create(() => stats);
    await metrics.text();
    stats = {};
    const all = await samples(metrics);
    expect(all.get("process_open_fds")).toBe(9);
    expect(all.get("process_cpu_user_seconds_total")).toBe(4);
  });
});
