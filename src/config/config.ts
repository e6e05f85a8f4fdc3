/**
 * The configuration as the program uses it: names resolved, files read, references replaced, checked whole.
 * Durations are milliseconds, sizes bytes. `schema.ts` is the one place that knows the YAML's names and units.
 */

import type { Secret } from "../base/secret.ts";

export interface Config {
  /** At least one. */
  readonly forwards: readonly ForwardConfig[];
  readonly admin?: AdminConfig;
  readonly upstreams: readonly UpstreamConfig[];
  readonly groups: readonly GroupConfig[];
  /** Bytes that all kept bodies may take together. */
  readonly bufferLimit: number;
}

export interface ListenerConfig {
  readonly address: string;
  /** 0–65535; 0 lets the system choose. */
  readonly port: number;
  readonly tls?: TlsIdentity;
}

/** PEM texts, not paths. */
export interface TlsIdentity {
  readonly cert: string;
  readonly key: Secret;
}

export interface ForwardConfig extends ListenerConfig {
  readonly name: string;
  /** Name of the group that takes what no route takes. */
  readonly group: string;
  /** In the order of the file; the router sorts them. */
  readonly routes: readonly RouteConfig[];
  readonly rateLimit?: RateLimitConfig;
  readonly timeouts: ForwardTimeouts;
  /** IP addresses and CIDR ranges, as written and checked. */
  readonly trustedProxies: readonly string[];
  readonly maxBodySize: number;
  /** Without it answers are passed on as upstreams give them. */
  readonly cors?: CorsConfig;
  /** The timeout keys that the file sets, for what a runtime can't do. */
  readonly explicit: readonly string[];
}

export interface ForwardTimeouts {
  /** From opening the connection to the end of the request head. */
  readonly connect: number;
  readonly body: number;
  readonly write: number;
  readonly idle: number;
}

export interface RouteConfig {
  /** As written: `/static`, `/:name`, `/{name:regex}`, `*`, `/*`. */
  readonly path: string;
  readonly group: string;
  readonly stripPrefix?: string;
}

/** A token bucket: `perSecond` tokens a second, at most `burst`. */
export interface RateLimitConfig {
  readonly perSecond: number;
  readonly burst: number;
}

/** Which web pages may read answers (CORS). */
export interface CorsConfig {
  /** At least one: as browsers send them in Origin, or only `*`, which is all of them. */
  readonly origins: readonly string[];
  /** Lowercase names of the request fields that pages may set. Absent: all. */
  readonly headers?: readonly string[];
}

export interface AdminConfig extends ListenerConfig {
  /** From opening the connection to the end of the request head. */
  readonly connectTimeout: number;
  readonly token?: Secret;
}

export interface UpstreamConfig {
  readonly name: string;
  /** Absolute http(s) URL without credentials or fragment; its query goes before each request's own. */
  readonly url: string;
  readonly path: "join" | "fixed";
  readonly auth: UpstreamAuth;
  readonly headers: readonly HeaderRule[];
  readonly breaker?: BreakerConfig;
  readonly rateLimit?: RateLimitConfig;
  readonly maxInFlight?: number;
  readonly healthCheck?: HealthCheckConfig;
  /** PEM text. */
  readonly ca?: string;
}

export type UpstreamAuth =
  | { readonly type: "none" }
  | { readonly type: "bearer"; readonly token: Secret }
  | { readonly type: "basic"; readonly username: string; readonly password: Secret };

/** `insert`: only if absent. `replace`: set, add when absent. `remove`: drop. `key` is lowercase. */
export type HeaderRule =
  | { readonly op: "insert" | "replace"; readonly key: string; readonly value: Secret }
  | { readonly op: "remove"; readonly key: string };

export interface BreakerConfig {
  /** Failure rate, 0.01–1. */
  readonly threshold: number;
  readonly cooldown: number;
}

export interface HealthCheckConfig {
  readonly path: string;
  readonly interval: number;
  readonly timeout: number;
  readonly healthy: number;
  readonly unhealthy: number;
}

export const STRATEGIES = [
  "roundrobin",
  "weighted_roundrobin",
  "random",
  "iphash",
  "least_requests",
  "failover",
  "response_aware",
] as const;
export type Strategy = (typeof STRATEGIES)[number];

export interface GroupConfig {
  readonly name: string;
  /** At least one. */
  readonly members: readonly MemberConfig[];
  readonly strategy: Strategy;
  readonly client: HttpClientConfig;
}

export interface MemberConfig {
  /** Name of an upstream. */
  readonly upstream: string;
  /** 1–65535. */
  readonly weight: number;
}

export interface HttpClientConfig {
  readonly agent: string;
  /** TCP keepalive; 0 is off. */
  readonly keepAlive: number;
  /** Whether an answer is passed on as it comes (true) or read whole first. */
  readonly streamMode: boolean;
  /** Whether an upstream's redirects to itself are passed on to the client or followed. */
  readonly redirects: "pass" | "follow";
  readonly timeouts: ClientTimeouts;
  readonly retry?: RetryConfig;
  readonly proxy?: ProxyConfig;
  /** The keys below `http_client` that the file sets (`keepalive`, `timeout.idle`), for what a runtime can't do. */
  readonly explicit: readonly string[];
}

export interface ClientTimeouts {
  readonly connect: number;
  readonly request: number;
  readonly firstToken?: number;
  readonly stall: number;
  readonly total: number;
  readonly idle: number;
}

export interface RetryConfig {
  /** Retries after the first try, 1–100. */
  readonly attempts: number;
  /** First backoff. */
  readonly initial: number;
}

export interface ProxyConfig {
  /** Without credentials. */
  readonly url: string;
  /** Value of Proxy-Authorization. */
  readonly authorization?: Secret;
}
