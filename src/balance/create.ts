/** The table of strategies: a new one is a file and a row here. */

import type { Strategy } from "../config/config.ts";
import type { Balancer, BalancerDeps } from "./balancer.ts";
import { createFailover } from "./failover.ts";
import { createIpHash } from "./ip-hash.ts";
import { createLeastRequests } from "./least-requests.ts";
import { createRandom } from "./random.ts";
import { createResponseAware } from "./response-aware.ts";
import { createRoundRobin } from "./round-robin.ts";
import { withSlowStart } from "./slow-start.ts";
import { createWeightedRoundRobin } from "./weighted-round-robin.ts";

const FACTORIES: Readonly<Record<Strategy, (deps: BalancerDeps) => Balancer>> = {
  roundrobin: createRoundRobin,
  weighted_roundrobin: createWeightedRoundRobin,
  random: createRandom,
  iphash: createIpHash,
  least_requests: createLeastRequests,
  failover: createFailover,
  response_aware: createResponseAware,
};

/**
 * Those that would flood an upstream which comes back. The others give everyone the same part anyway, or promise a
 * client its upstream (`iphash`), or the list its order (`failover`).
 */
const STARTS_SLOWLY: ReadonlySet<Strategy> = new Set([
  "weighted_roundrobin",
  "least_requests",
  "response_aware",
]);

/** A balancer with a state of its own: one for each group. */
export function createBalancer(strategy: Strategy, deps: BalancerDeps): Balancer {
  const balancer = FACTORIES[strategy](deps);
  return STARTS_SLOWLY.has(strategy) ? withSlowStart(balancer, deps) : balancer;
}
