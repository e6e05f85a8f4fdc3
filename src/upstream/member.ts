/** One upstream in one group: what the balancer chooses, and all that an attempt needs. */

import type { Candidate } from "../balance/balancer.ts";
import type { Clock } from "../base/clock.ts";
import type { GroupConfig, MemberConfig } from "../config/config.ts";
import { createSendsOwnCredentials, type SendsOwnCredentials } from "../message/credentials.ts";
import { createRequestHeaders, type RequestHeaders } from "../message/headers.ts";
import {
  createEndpointLookup,
  createTargetUrl,
  type EndpointLookup,
  type TargetUrl,
} from "../message/url.ts";
import type { MemberMetrics, Metrics } from "../metrics/metrics.ts";
import type { ClientOptions, UpstreamFetch } from "../runtime/runtime.ts";
import type { Upstream } from "./upstream.ts";

export interface Member extends Candidate {
  readonly group: string;
  readonly upstream: Upstream;
  readonly client: UpstreamFetch;
  readonly targetUrl: TargetUrl;
  /** The inference endpoint that a request path reaches here. */
  readonly endpointAt: EndpointLookup;
  readonly requestHeaders: RequestHeaders;
  readonly metrics: MemberMetrics;
  /** Whether a request gets the proxy's own credentials here: then a refused key is not the client's. */
  readonly sendsOwnCredentials: SendsOwnCredentials;
}

interface MemberDeps {
  readonly createFetch: (options: ClientOptions) => UpstreamFetch;
  readonly metrics: Pick<Metrics, "member">;
  readonly clock: Clock;
}

/** @param index its place in the group */
export function createMember(
  group: GroupConfig,
  config: MemberConfig,
  index: number,
  upstream: Upstream,
  deps: MemberDeps,
): Member {
  return new GroupMember(group, config, index, upstream, deps);
}

/** A class, so that what strategies ask of each member is a plain load: an object literal with getters is slow. */
class GroupMember implements Member {
  readonly name: string;
  readonly index: number;
  readonly weight: number;
  readonly group: string;
  readonly upstream: Upstream;
  readonly client: UpstreamFetch;
  readonly targetUrl: TargetUrl;
  readonly endpointAt: EndpointLookup;
  readonly requestHeaders: RequestHeaders;
  readonly metrics: MemberMetrics;
  readonly sendsOwnCredentials: SendsOwnCredentials;

  constructor(
    group: GroupConfig,
    { weight }: MemberConfig,
    index: number,
    upstream: Upstream,
    { createFetch, metrics, clock }: MemberDeps,
  ) {
    const { name, url, path } = upstream.config;
    this.name = name;
    this.index = index;
    this.weight = weight;
    this.group = group.name;
    this.upstream = upstream;
    this.client = createFetch(clientOptions(group, upstream));
    this.targetUrl = createTargetUrl(url, path);
    this.endpointAt = createEndpointLookup(url, path);
    this.requestHeaders = createRequestHeaders(upstream.config, group.client.agent);
    this.metrics = metrics.member(group.name, name, url, () => upstream.state(clock.now()));
    this.sendsOwnCredentials = createSendsOwnCredentials(upstream.config);
  }

  get inFlight(): number {
    return this.upstream.inFlight;
  }

  get backAt(): number {
    return this.upstream.backAt;
  }
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
