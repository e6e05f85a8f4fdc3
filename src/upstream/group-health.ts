/** The health of a group and of its upstreams at one moment. */

import type { UpstreamState } from "../metrics/metrics.ts";

export interface GroupHealth {
  readonly name: string;
  /** Whether any of its upstreams is available now. */
  readonly available: boolean;
  readonly upstreams: readonly UpstreamHealth[];
}

export interface UpstreamHealth {
  readonly name: string;
  readonly state: UpstreamState;
  /** Whether a request could be sent to it now. */
  readonly available: boolean;
  /** Requests that it is serving now, from all groups. */
  readonly inFlight: number;
  /** How many limits that it has reported hold now, each for one credential and model. */
  readonly limits: number;
  readonly weight: number;
}
