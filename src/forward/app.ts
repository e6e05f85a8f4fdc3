/** A forward: a function from a client's request to its answer. Limit, look, route, send, answer. */

import type { Budget } from "../base/budget.ts";
import type { Clock } from "../base/clock.ts";
import type { Deadlines } from "../base/deadlines.ts";
import type { Failure } from "../base/errors.ts";
import type { ForwardConfig } from "../config/config.ts";
import type { Group } from "../group/group.ts";
import { createRateLimiter } from "../limits/rate-limit.ts";
import type { Log } from "../log/log.ts";
import type { ForwardMetrics } from "../metrics/metrics.ts";
import { createPathLabels } from "../metrics/path-label.ts";
import { createRouter, type RouteMatch, routingPath } from "../routing/router.ts";
import type { Handler, Peer, Runtime } from "../runtime/runtime.ts";
import { createClientAddress } from "./client-address.ts";
import { createCors } from "./cors.ts";
import { type Exchange, openExchange } from "./exchange.ts";
import { refusalOf, splitUrl } from "./inspect.ts";
import { loopOf } from "./loop.ts";
import { NO_BODY, receiveBody } from "./request-body.ts";
import { createUpgrade, handshakeRefusal, isHandshake } from "./upgrade.ts";

export interface Forward {
  readonly config: ForwardConfig;
  readonly handler: Handler;
  /** Requests that are running now. */
  readonly running: number;
  /** Counts that connections were not accepted. */
  readonly notAccepted: () => void;
}

export interface ForwardDeps {
  readonly groups: ReadonlyMap<string, Group>;
  readonly budget: Budget;
  readonly clock: Clock;
  readonly deadlines: Deadlines;
  readonly log: Log;
  readonly metrics: ForwardMetrics;
  readonly runtime: Pick<Runtime, "watchBody" | "readAtOnce" | "createResponse" | "upgrade">;
  /** What it calls itself in the Via field; no other forward anywhere has the same. */
  readonly pseudonym: string;
  /**
   * Whether answers and the log tell of every attempt.
   * @default false
   */
  readonly tracing?: boolean;
}

export function createForward(config: ForwardConfig, deps: ForwardDeps): Forward {
  const { clock, log, metrics, budget, deadlines } = deps;
  const { runtime, pseudonym } = deps;
  const { createResponse, upgrade: upgradeClient } = runtime;
  const router = createRouter(config.routes, config.group);
  const limiter = config.rateLimit === undefined ? undefined : createRateLimiter(config.rateLimit);
  const addresses = createClientAddress(config.trustedProxies);
  const cors = config.cors === undefined ? undefined : createCors(config.cors);
  const protocol = config.tls === undefined ? "http" : "https";
  const limits = { maxBodySize: config.maxBodySize, timeout: config.timeouts.body };
  const bodyDeps = { budget, deadlines, runtime };
  let running = 0;
  const exchangeDeps = {
    forward: config.name,
    clock,
    log,
    metrics,
    createResponse,
    pathLabels: createPathLabels(),
    tracing: deps.tracing ?? false,
    onEnd: () => {
      running -= 1;
    },
  };

  async function handler(request: Request, peer: Peer): Promise<Response> {
    const { method, headers } = request;
    const { path, query } = splitUrl(request.url);
    const client = addresses.resolve(peer.address, headers.get("x-forwarded-for"));
    const allowing = cors?.answer(headers.get("origin"));
    const exchange = openExchange({ method, path, headers, client, allowing }, exchangeDeps);
    running += 1;
    try {
      // Before the limit: what a page may then ask for counts, and a 429 can be read only after a preflight.
      const preflight = cors?.preflight(method, headers);
      if (preflight !== undefined) return exchange.allow(preflight);
      const asksForSocket = isHandshake(headers);
      const refusal =
        limit(client) ??
        refusalOf(request, peer.target, path.length + query.length) ??
        loopOf(headers, pseudonym) ??
        (asksForSocket ? handshakeRefusal(request, upgradeClient !== undefined) : undefined);
      if (refusal !== undefined) return exchange.refuse(refusal);
      return await router.fetch(request, {
        routingPath: routingPath(path),
        route: (match) => send(request, { exchange, match, path, query, client, peer, asksForSocket }),
      });
    } catch (error) {
      metrics.internalError();
      log.error("a request failed inside the proxy", { id: exchange.id, forward: config.name, error });
      return exchange.refuse({ kind: "internal_error" });
    }
  }

  function limit(client: string): Failure | undefined {
    const retryAfterMs = limiter?.take(client, clock.now()) ?? 0;
    if (retryAfterMs === 0) return undefined;
    metrics.rateLimited();
    return { kind: "rate_limited", retryAfterMs };
  }

  async function send(
    request: Request,
    { exchange, match, path, query, client, peer, asksForSocket }: Sending,
  ): Promise<Response> {
    exchange.routed(match.group, match.pattern);
    const upgrade = asksForSocket && upgradeClient ? createUpgrade(request, upgradeClient) : undefined;
    const received = upgrade === undefined ? await receiveBody(request, limits, bodyDeps) : NO_BODY;
    exchange.countBytesIn(upgrade?.bytesIn ?? received.bytesIn);
    if (received.type === "failure") return exchange.refuse(received.failure);
    const group = deps.groups.get(match.group);
    if (group === undefined) throw new Error(`no group ${match.group}`);
    const answered = group.send({
      id: exchange.id,
      method: request.method,
      path: stripPrefix(path, match.stripPrefix),
      query,
      headers: request.headers,
      client,
      via: { peer: peer.address, trusted: addresses.trusts(peer.address), protocol, pseudonym },
      body: received.body,
      signal: request.signal,
      writeTimeout: config.timeouts.write,
      observer: exchange.observer,
      upgrade,
    });
    // With an answer chosen, the body will not be sent again.
    return exchange.answer(await answered.finally(received.release));
  }

  return {
    config,
    handler,
    get running() {
      return running;
    },
    notAccepted: metrics.notAccepted,
  };
}

interface Sending {
  readonly exchange: Exchange;
  readonly match: RouteMatch;
  readonly path: string;
  readonly query: string;
  readonly client: string;
  readonly peer: Peer;
  /** Whether it is a WebSocket handshake. */
  readonly asksForSocket: boolean;
}

/** The path that the upstream sees. A prefix is whole segments and, like a route, is found however it is encoded. */
function stripPrefix(path: string, prefix: string | undefined): string {
  if (prefix === undefined) return path;
  const depth = prefix.split("/").length;
  const segments = path.split("/");
  const begins = routingPath(segments.slice(0, depth).join("/")) === routingPath(prefix);
  return begins ? `/${segments.slice(depth).join("/")}` : path;
}
