import { describe, expect, it } from "vitest";
import { type AdminDeps, createAdminApp } from "../../src/admin/app.ts";
import { Secret } from "../../src/base/secret.ts";
import type { GroupHealth } from "../../src/upstream/group-health.ts";

const HEALTH: readonly GroupHealth[] = [
  {
    name: "chat",
    available: true,
    upstreams: [
      { name: "one", state: "up", available: true, inFlight: 3, limits: 0, weight: 5 },
      { name: "two", state: "cooling", available: false, inFlight: 0, limits: 0, weight: 1 },
    ],
  },
];

const TOKEN = "correct-horse battery=staple";

function create(deps: Partial<AdminDeps> = {}) {
  const logged: { message: string; fields: unknown }[] = [];
  const app = createAdminApp({
    state: () => "serving",
    health: () => HEALTH,
    metrics: { text: async () => "up 1\n", contentType: "text/plain; version=0.0.4; charset=utf-8" },
    version: "1.2.3",
    log: { error: (message, fields) => logged.push({ message, fields }) },
    ...deps,
  });
  return { app, logged };
}

describe("GET /health", () => {
  it("is 200 while the process lives, whatever its state", async () => {
    const answer = await create({ state: () => "draining" }).app.request("/health");
    expect(answer.status).toBe(200);
    expect(await answer.json()).toEqual({ status: "ok", version: "1.2.3" });
  });
});

describe("GET /ready", () => {
  it.each([
    ["serving", 200, "ready"],
    ["starting", 503, "starting"],
    ["draining", 503, "draining"],
  ] as const)("while %s is %i", async (state, status, shown) => {
    const answer = await create({ state: () => state }).app.request("/ready");
    expect(answer.status).toBe(status);
    expect(await answer.json()).toEqual({ status: shown });
  });

  it("is never 503 because of an upstream", async () => {
    const health = () => [{ name: "chat", available: false, upstreams: [] }];
    expect((await create({ health }).app.request("/ready")).status).toBe(200);
  });
});

describe("GET /health/upstreams", () => {
  it("shows each group and upstream", async () => {
    const answer = await create().app.request("/health/upstreams");
    expect(answer.status).toBe(200);
    expect(await answer.json()).toEqual({
      groups: [
        {
          name: "chat",
          available: true,
          upstreams: [
            { name: "one", state: "up", available: true, in_flight: 3, limits: 0, weight: 5 },
            { name: "two", state: "cooling", available: false, in_flight: 0, limits: 0, weight: 1 },
          ],
        },
      ],
    });
  });

  it("is 503 when some group has no available upstream", async () => {
    const health = () => [...HEALTH, { name: "embed", available: false, upstreams: [] }];
    const answer = await create({ health }).app.request("/health/upstreams");
    expect(answer.status).toBe(503);
    expect(await answer.json()).toMatchObject({
      groups: [{ name: "chat" }, { name: "embed", available: false }],
    });
  });
});

describe("GET /metrics", () => {
  it("is the metrics' text with its own media type", async () => {
    const answer = await create().app.request("/metrics");
    expect(answer.headers.get("content-type")).toBe("text/plain; version=0.0.4; charset=utf-8");
    expect(await answer.text()).toBe("up 1\n");
  });
});

describe("every path", () => {
  it.each(["/health", "/ready", "/metrics", "/health/upstreams"])(
    "answers HEAD of %s without a body",
    async (path) => {
      const answer = await create().app.request(path, { method: "HEAD" });
      expect(answer.status).toBe(200);
      expect(await answer.text()).toBe("");
    },
  );

  it.each(["/health", "/ready", "/metrics", "/health/upstreams"])(
    "refuses POST to %s with 405 and Allow",
    async (path) => {
      const answer = await create().app.request(path, { method: "POST" });
      expect(answer.status).toBe(405);
      expect(answer.headers.get("allow")).toBe("GET, HEAD");
      expect(answer.headers.get("x-llmproxy-error")).toBe("method_not_allowed");
      expect(await answer.json()).toMatchObject({ error: { code: "method_not_allowed", param: null } });
    },
  );

  it("is not to be stored, errors too", async () => {
    const { app } = create({
      token: new Secret(TOKEN),
      metrics: { text: () => Promise.reject(new Error("x")), contentType: "" },
    });
    for (const [path, status] of [
      ["/health", 200],
      ["/metrics", 500],
      ["/health/upstreams", 401],
    ] as const) {
      const answer = await app.request(path);
      expect([path, answer.status, answer.headers.get("cache-control")]).toEqual([path, status, "no-store"]);
    }
  });
});

describe("a path that is not there", () => {
  it("is 404 in the shape of the proxy's errors", async () => {
    const answer = await create().app.request("/nothing");
    expect(answer.status).toBe(404);
    expect(answer.headers.get("content-type")).toBe("application/json");
    expect(answer.headers.get("x-llmproxy-error")).toBe("not_found");
    expect(await answer.json()).toEqual({
      error: {
        message: "The admin port has no such path.",
        type: "invalid_request_error",
        code: "not_found",
        param: null,
      },
    });
  });
});

describe("an exception", () => {
  it("is logged, and a bare 500 that tells nothing of it", async () => {
    const error = new Error("secret detail");
    const { app, logged } = create({
      health: () => {
        throw error;
      },
    });
    const answer = await app.request("/health/upstreams");
    expect(answer.status).toBe(500);
    const text = await answer.text();
    expect(JSON.parse(text)).toMatchObject({ error: { type: "server_error", code: "internal_error" } });
    expect(text).not.toContain("secret detail");
    expect(logged).toEqual([
      {
        message: "a request of the admin port failed",
        fields: { method: "GET", path: "/health/upstreams", error },
      },
    ]);
  });
});

describe("the token", () => {
  const guarded = () => create({ token: new Secret(TOKEN) }).app;
  const status = async (path: string, authorization?: string): Promise<number> => {
    const headers = authorization === undefined ? {} : { authorization };
    return (await guarded().request(path, { headers })).status;
  };

  it.each(["/health", "/ready", "/metrics"])("does not guard %s", async (path) => {
    expect(await status(path)).toBe(200);
  });

  it("guards everything else, unknown paths too", async () => {
    expect(await status("/health/upstreams")).toBe(401);
    expect(await status("/nothing")).toBe(401);
    expect(await status("/nothing", `Bearer ${TOKEN}`)).toBe(404);
  });

  it.each([`Bearer ${TOKEN}`, `bearer ${TOKEN}`, `BEARER   ${TOKEN}`])(
    "lets %j in",
    async (authorization) => {
      expect(await status("/health/upstreams", authorization)).toBe(200);
    },
  );

  it.each([
    "",
    "Bearer",
    "Bearer ",
    TOKEN,
    `Basic ${TOKEN}`,
    `Bearer ${TOKEN.slice(0, -1)}`,
    `Bearer ${TOKEN}x`,
    `Bearer ${TOKEN}${TOKEN}`,
    `Bearer X${TOKEN.slice(1)}`,
    `Bearer ${TOKEN.toUpperCase()}`,
  ])("keeps %j out", async (authorization) => {
    expect(await status("/health/upstreams", authorization)).toBe(401);
  });

  it("lets nobody in when it is empty", async () => {
    const { app } = create({ token: new Secret("") });
    for (const authorization of ["", "Bearer ", "Bearer x"]) {
      expect((await app.request("/health/upstreams", { headers: { authorization } })).status).toBe(401);
    }
  });

  it("is asked for by a 401", async () => {
    const answer = await guarded().request("/health/upstreams");
    expect(answer.headers.get("www-authenticate")).toBe('Bearer realm="llmproxy"');
    expect(await answer.json()).toMatchObject({ error: { code: "unauthorized" } });
  });
});
