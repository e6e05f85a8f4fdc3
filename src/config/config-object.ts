/**
 * A config as an object, of the same shape as config.yaml. Written by `npm run schema`: don't edit it.
 */

/** What a config file says. */
export interface ConfigObject {
  readonly http_server: {
    /** Where clients come in: one entry a port, at least one. */
    readonly forwards: readonly {
      /** In metrics, logs and the admin API. Any text, unique, no default. */
      readonly name: string;
      /** From 0 to 65535, default 3000. 0 lets the system choose; the port is printed. */
      readonly port?: number | undefined;
      /** IP address or host name, default 0.0.0.0 (everybody). The upstreams' keys are at the service of whoever can connect, so this starts on loopback. */
      readonly address?: string | undefined;
      /** Name of the group that takes what no route takes. Required, no default. (Another name of it: default_group.) */
      readonly upstream_group?: string | undefined;
      /** Another name of upstream_group. */
      readonly default_group?: string | undefined;
      /** By path to other groups; the most specific path wins. Default: no routes. */
      readonly routing?: readonly {
        /** /static, /:name (one segment), /{name:regex} (one segment), * (one segment), /* at the end (all the rest). No default. */
        readonly path: string;
        /** Name of a group. No default. */
        readonly target_group: string;
        /** A leading part of the path that the upstream must not see. Default: none. */
        readonly strip_prefix?: string | undefined;
      }[];
      /** Requests per client address (IPv6: per /64); more get 429. Without this block: off. */
      readonly ratelimit?: {
        /** Default true when the block is there. */
        readonly enabled?: boolean | undefined;
        /** From 1 to 1000000, default 100. */
        readonly per_second?: number | undefined;
        /** As many at once. From 1 to 2000000 and at least per_second, default 2 × per_second. For clients that come in bunches. */
        readonly burst?: number | undefined;
      };
      readonly timeout?: {
        /** From the connection's opening to the end of the request head. From 1 to 120, default 10. Against slow-loris. */
        readonly connect?: number | undefined;
        /** Longest silence inside a request body. From 1 to 3600, default 60. */
        readonly body?: number | undefined;
        /** Longest time a client may take nothing of an answer. From 1 to 3600, default 300. Frees what is held for it. */
        readonly write?: number | undefined;
        /** A connection without a request is kept so long. From 1 to 3600, default 75. Keep it above a load balancer's. */
        readonly idle?: number | undefined;
      };
      /** HTTPS on this port. Default: off. */
      readonly tls?: {
        /** PEM file with the certificate and its chain. No default. */
        readonly cert: string;
        /** PEM file with the private key, without passphrase. No default. */
        readonly key: string;
      };
      /** IP addresses and CIDR ranges whose X-Forwarded-For is believed. Default: none. Name your load balancer here, or all clients share one rate limit. */
      readonly trusted_proxies?: readonly string[] | undefined;
      /** Larger requests get 413. At least 1 byte, as a number or as 512KiB, 64MiB, 1GiB; default 64MiB. */
      readonly max_body_size?: number | string | undefined;
      /** Lets web pages of other origins call this port (CORS): preflights are answered here, and answers carry fields that let pages read them, in place of the upstream's own. Cookies are never allowed. Without this block: off. */
      readonly cors?: {
        /** Exact origins (scheme://host, and the port unless it is the scheme's own), or "*" alone for all. No default. Whoever visits a page of such an origin spends the upstreams' keys: "*" on loopback opens them to every page. */
        readonly origins: readonly string[];
        /** Request headers that pages may set; Content-Type has to be named too. Default: all that they ask for. */
        readonly headers?: readonly string[] | undefined;
      };
    }[];
    /** /health, /ready, /metrics and the state of the upstreams. Without this block: no admin port. */
    readonly admin?: {
      /** From 0 to 65535, default 9000. */
      readonly port?: number | undefined;
      /** IP address or host name, default 0.0.0.0. Metrics tell much: keep it private. */
      readonly address?: string | undefined;
      readonly timeout?: {
        /** As for forwards. From 1 to 120, default 10. */
        readonly connect?: number | undefined;
      };
      /** HTTPS on this port. Default: off. */
      readonly tls?: {
        /** PEM file with the certificate and its chain. No default. */
        readonly cert: string;
        /** PEM file with the private key, without passphrase. No default. */
        readonly key: string;
      };
      readonly auth?: {
        /** Asked for by all but /health, /ready and /metrics. Default: none. LLMPROXY_ADMIN_AUTH_TOKEN, if set, wins. */
        readonly token?: string | undefined;
      };
    };
  };
  readonly upstreams: readonly {
    /** Shown to clients in x-llmproxy-upstream. Any text, unique, no default. */
    readonly name: string;
    /** http or https, no default. A base URL; its query (?api-version=…) goes before each request's own. */
    readonly url: string;
    /** join: a request's path is joined to the URL. fixed: every request goes to exactly the URL. Default join. */
    readonly path?: "join" | "fixed" | undefined;
    /** Share in the groups that give it none. From 1 to 65535, default 1. */
    readonly weight?: number | undefined;
    /** Sets Authorization and drops the client's own keys, in the query too. Without this block the client's keys pass through, unless headers set one. */
    readonly auth?: {
      /** bearer (token), basic (username, password) or none. Default none. */
      readonly type?: "bearer" | "basic" | "none" | undefined;
      /** The API key, for bearer. No default. */
      readonly token?: string | undefined;
      /** For basic. Any text without a colon, no default. */
      readonly username?: string | undefined;
      /** For basic. No default. */
      readonly password?: string | undefined;
    };
    /** What is done to the request's headers, in order. Default: nothing. */
    readonly headers?: readonly {
      /** insert: only if absent. replace: set, add when absent. remove: drop. No default. A credential that insert or replace sets counts like auth. */
      readonly op: "insert" | "replace" | "remove";
      /** The header's name. No default. */
      readonly key: string;
      /** The header's value; remove needs none. No default. */
      readonly value?: string | undefined;
    }[];
    /** Passes the upstream over while it fails. Without this block: off. */
    readonly breaker?: {
      /** Failure rate that opens it. From 0.01 to 1, default 0.5. */
      readonly threshold?: number | undefined;
      /** So long until one request may probe it. From 1 to 3600, default 30. */
      readonly cooldown?: number | undefined;
    };
    /** What the upstream may be sent; a full one is passed over. Without this block: off. */
    readonly ratelimit?: {
      /** Default true when the block is there. */
      readonly enabled?: boolean | undefined;
      /** From 1 to 1000000, default 100. The provider's own limit, so that it never has to refuse. */
      readonly per_second?: number | undefined;
      /** As many at once. From 1 to 2000000 and at least per_second, default per_second. */
      readonly burst?: number | undefined;
    };
    /** An upstream with so many requests in flight is passed over. From 1 to 100000, no default. For servers with few slots. */
    readonly max_in_flight?: number | undefined;
    /** Asks a path of the upstream's host, with its auth, and passes it over while that fails. Without this block: off. */
    readonly health_check?: {
      /** Not joined to the URL's own path; 2xx and 3xx are well. No default. */
      readonly path: string;
      /** From one probe to the next. From 1 to 3600, default 10. */
      readonly interval?: number | undefined;
      /** From 1 to 60, default 2. */
      readonly timeout?: number | undefined;
      /** So many good probes in a row bring it back. From 1 to 10, default 2. */
      readonly healthy?: number | undefined;
      /** So many bad ones in a row take it out. From 1 to 10, default 3. */
      readonly unhealthy?: number | undefined;
    };
    readonly tls?: {
      /** PEM file with roots that vouch for this upstream only. Default: the runtime's roots. For private servers. */
      readonly ca?: string | undefined;
    };
    /** @deprecated Not used: the client is set per group, in upstream_groups[].http_client. */
    readonly http_client?: unknown | undefined;
  }[];
  readonly upstream_groups: readonly {
    /** What forwards and routes point to. Any text, unique, no default. */
    readonly name: string;
    /** At least one. */
    readonly upstreams: readonly {
      /** Name of an upstream. No default. */
      readonly name: string;
      /** Share of the requests, for the strategies that know weights. From 1 to 65535, default the upstream's own. */
      readonly weight?: number | undefined;
    }[];
    readonly balance?: {
      /** roundrobin, weighted_roundrobin, random, iphash (a client stays with one), least_requests, failover (in the order above) or response_aware (the quickest). Default roundrobin. */
      readonly strategy?:
        | "roundrobin"
        | "weighted_roundrobin"
        | "random"
        | "iphash"
        | "least_requests"
        | "failover"
        | "response_aware"
        | undefined;
    };
    /** How the group's upstreams are called. Default: as above, without retry and proxy. */
    readonly http_client?: {
      /** User-Agent sent to the upstreams in place of the client's. Default LLMProxy/1.0. Some providers allow by it. */
      readonly agent?: string | undefined;
      /** TCP keepalive. From 0 to 600, default 60, 0 is off. Finds dead connections that a firewall forgot. */
      readonly keepalive?: number | undefined;
      /** true: an answer is passed on as it comes. false: it is read whole first (up to 64 MiB), so that even an answer that is cut in the middle can be asked for again. Default true. (Another name of it: stream.) */
      readonly stream_mode?: boolean | undefined;
      /** Redirects of an upstream to its own scheme, host and port, which clients may not reach (a framework's trailing slash). pass: the client gets them. follow: the proxy follows up to 3 in one attempt, with method and body: 307 and 308, and for GET and HEAD 301 and 302. Default pass. */
      readonly redirects?: "pass" | "follow" | undefined;
      /** Another name of stream_mode. */
      readonly stream?: boolean | undefined;
      readonly timeout?: {
        /** TCP and TLS; of a WebSocket the whole handshake. From 1 to 120, default 10. A dead host is left early for the next. It covers all addresses of a host together: see docs/failures.md. */
        readonly connect?: number | undefined;
        /** One attempt: from the request sent to the answer's headers (with stream_mode false: to its end). From 1 to 1200, default 300. Models that think need long; a stream that flows is never ended by it. */
        readonly request?: number | undefined;
        /** For streamed answers, one attempt: from the request sent to the first content. From 0.1 to 1200, no default. A stream that opens and says nothing is then a failure. */
        readonly first_token?: number | undefined;
        /** Longest silence inside an answer. From 1 to 1200, default 300. Ends streams that hang. */
        readonly stall?: number | undefined;
        /** No new attempt begins after it. From 1 to 3600, default 600. Bounds what a client waits for. */
        readonly total?: number | undefined;
        /** A pooled connection that is not used is closed after it. From 1 to 1800, default 60. Keep it below the upstream's: uvicorn closes after 5 s, gunicorn after 2. An answer's Keep-Alive: timeout shortens it. */
        readonly idle?: number | undefined;
      };
      /** Sends a failed request again where that is safe. Without this block: off. */
      readonly retry?: {
        /** Default true when the block is there. Turns it off without losing its values. */
        readonly enabled?: boolean | undefined;
        /** Tries after the first. From 1 to 100, default 3. */
        readonly attempts?: number | undefined;
        /** First wait in milliseconds, doubled each round. From 100 to 10000, default 500. Shorter hits a busy upstream sooner. */
        readonly initial?: number | undefined;
      };
      /** An HTTP proxy between here and the upstreams. Without this block: none. */
      readonly proxy?: {
        /** Default true when the block is there. */
        readonly enabled?: boolean | undefined;
        /** http or https, with user:password@ where it asks for them. No default. */
        readonly url: string;
      };
    };
  }[];
  /** Memory for all bodies that are kept for a second try, together. At least 0 bytes, as a number or as 512KiB, 64MiB, 1GiB; default 512MiB. Past it a request streams and has one attempt. */
  readonly buffer_limit?: number | string | undefined;
  /** A place for anchors; ignored. */
  readonly [key: `x-${string}`]: unknown;
}
