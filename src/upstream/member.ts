/** One upstream in one group: what the balancer chooses, and all that an attempt needs. */

import type { Candidate } from "../balance/balancer.ts";
import type { Clock } from "../clock.ts";
import type { GroupConfig, MemberConfig } from "../config/config.ts";
import type { MemberMetrics, Metrics } from "../metrics/metrics.ts";
import type { ClientOptions, UpstreamFetch } from "../runtime.ts";
import { createRequestHeaders, type RequestHeaders } from "./headers.ts";
import type { Upstream } from "./upstream.ts";
import { createTargetUrl, type TargetUrl } from "./url.ts";

export interface Member extends Candidate {
  readonly group: string;
  readonly upstream: Upstream;
  readonly client: UpstreamFetch;
  readonly targetUrl: TargetUrl;
  readonly requestHeaders: RequestHeaders;
  readonly metrics: MemberMetrics;
  /** Whether the proxy's own `auth` is sent, so that a refused key is the upstream's fault and not the client's. */
  readonly ownAuth: boolean;
}

export function createMember(
  group: GroupConfig,
  { weight }: MemberConfig,
  upstream: Upstream,
  deps: {
    readonly createFetch: (options: ClientOptions) => UpstreamFetch;
    readonly metrics: Metrics;
    readonly clock: Clock;
  },
): Member {
  const { name, url, path, auth } = upstream.config;
  return {
    name,
    weight,
    group: group.name,
    upstream,
    get inFlight() {
      return upstream.inFlight;
    },
    get share() {
      return upstream.share;
    },
    client: deps.createFetch(clientOptions(group, upstream)),
    targetUrl: createTargetUrl(url, path),
    requestHeaders: createRequestHeaders(upstream.config, group.client.agent),
    metrics: deps.metrics.member(group.name, name, url, () => upstream.state(deps.clock.now())),
    ownAuth: auth.type !== "none",
  };
}

function clientOptions({ client }: GroupConfig, upstream: Upstream): ClientOptions {
  const { ca } = upstream.config;
  const { proxy, timeouts, keepAlive } = client;
  const authorization = proxy?.authorization?.reveal();
  return {
    connectTimeout: timeouts.connect,
    idleTimeout: timeouts.idle,
    keepAlive,
    ...(ca !== undefined && { ca }),
    ...(proxy !== undefined && {
      proxy: { url: proxy.url, ...(authorization !== undefined && { authorization }) },
    }),
  };
}
