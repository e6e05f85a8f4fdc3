import { createBalancer } from "../../src/balance/create.ts";
import { STRATEGIES, type Strategy } from "../../src/config/config.ts";
import { type BalancerSubject, balancerContract } from "./balancer.ts";

const UNWEIGHTED = "it looks at no weights";
const PREFERS_FIRST = "it is an order of preference";

const SKIPS: Readonly<Record<Strategy, NonNullable<BalancerSubject["skip"]>>> = {
  roundrobin: { weighted: UNWEIGHTED },
  weighted_roundrobin: {},
  random: { weighted: UNWEIGHTED },
  iphash: {},
  least_requests: {},
  failover: {
    even: PREFERS_FIRST,
    weighted: PREFERS_FIRST,
    "reaches all": PREFERS_FIRST,
    "dropped share": PREFERS_FIRST,
  },
  response_aware: { weighted: UNWEIGHTED },
};

for (const strategy of STRATEGIES) {
  balancerContract({
    name: strategy,
    create: (random) => createBalancer(strategy, { random, clock: { now: () => 0 } }),
    skip: SKIPS[strategy],
  });
}
