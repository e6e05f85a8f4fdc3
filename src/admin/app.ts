/** The admin port: is it alive, is it ready, how are its upstreams, what has it counted. */

import { type Context, Hono, type MiddlewareHandler } from "hono";
import type { Secret } from "../base/secret.ts";
import type { Log } from "../log/log.ts";
import type { Metrics } from "../metrics/metrics.ts";
import type { GroupHealth, UpstreamHealth } from "../upstream/group-health.ts";
import { createTokenCheck } from "./token.ts";

export interface AdminDeps {
  /** Guards everything but /health, /ready and /metrics. Without one everything is open. */
  readonly token?: Secret;
  /** `/ready` depends on nothing else: a failing upstream would take every replica out at once. */
  readonly state: () => "starting" | "serving" | "draining";
  readonly health: () => readonly GroupHealth[];
  readonly metrics: Pick<Metrics, "text" | "contentType">;
  readonly version: string;
  readonly log: Pick<Log, "error">;
}

/** Makes the app: GET and HEAD of four paths; anything else is an error in the same JSON shape as the forwards'. */
export function createAdminApp({ token, state, health, metrics, version, log }: AdminDeps): Hono {
  const app = new Hono();
  app.use(noStore);

  app.get("/health", (c) => c.json({ status: "ok", version }));
  app.get("/ready", (c) => {
    const current = state();
    return current === "serving" ? c.json({ status: "ready" }) : c.json({ status: current }, 503);
  });
  app.get("/metrics", async (c) =>
    c.body(await metrics.text(), 200, { "content-type": metrics.contentType }),
  );
  for (const path of ["/health", "/ready", "/metrics"]) app.all(path, methodNotAllowed);

  // What was registered above is open; the token guards what follows, unknown paths too.
  if (token !== undefined) app.use(guard(token));
  app.get("/health/upstreams", (c) => {
    const groups = health();
    return c.json({ groups: groups.map(groupJson) }, groups.every(({ available }) => available) ? 200 : 503);
  });
  app.all("/health/upstreams", methodNotAllowed);

  app.notFound((c) => refuse(c, 404, "not_found", "The admin port has no such path."));
  app.onError((error, c) => {
    log.error("a request of the admin port failed", { method: c.req.method, path: c.req.path, error });
    return refuse(c, 500, "internal_error", "The proxy failed to handle this request.");
  });
  return app;
}

function groupJson({ name, available, upstreams }: GroupHealth) {
  return { name, available, upstreams: upstreams.map(upstreamJson) };
}

function upstreamJson({ name, state, available, inFlight, limits, weight }: UpstreamHealth) {
  return { name, state, available, in_flight: inFlight, limits, weight };
}

/** Every answer is true for this moment only. */
const noStore: MiddlewareHandler = async (c, next) => {
  await next();
  c.header("cache-control", "no-store");
};

function guard(token: Secret): MiddlewareHandler {
  const isRight = createTokenCheck(token);
  return async (c, next) => {
    if (isRight(c.req.raw.headers.get("authorization"))) return next();
    c.header("www-authenticate", 'Bearer realm="llmproxy"');
    return refuse(c, 401, "unauthorized", "The admin token is missing or wrong.");
  };
}

/** RFC 9110 §15.5.6. */
function methodNotAllowed(c: Context): Response {
  c.header("allow", "GET, HEAD");
  return refuse(c, 405, "method_not_allowed", "Only GET and HEAD are allowed here.");
}

function refuse(c: Context, status: 401 | 404 | 405 | 500, code: string, message: string): Response {
  const type = status < 500 ? "invalid_request_error" : "server_error";
  c.header("x-llmproxy-error", code);
  return c.json({ error: { message, type, code, param: null } }, status);
}
