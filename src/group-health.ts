/** How a group and its upstreams are, for whoever asks. */

import type { UpstreamState } from "./metrics/metrics.ts";

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
  /** Limits that it has reported and that hold now, each for some credential and model. */
  readonly limits: number;
  readonly weight: number;
}
