/** Whether an upstream passes its health checks: a state that takes several results in a row to change. */

import type { HealthCheckConfig } from "../config/config.ts";

export interface Health {
  readonly isUp: boolean;
  /** Takes a check's result; returns whether it changed {@link isUp}. */
  checked(well: boolean): boolean;
}

/** It starts up: traffic need not wait for the first check. */
export function createHealth({
  healthy,
  unhealthy,
}: Pick<HealthCheckConfig, "healthy" | "unhealthy">): Health {
  /** Results in a row that speak against the state. */
  let against = 0;
  const health = {
    isUp: true,
    checked(well: boolean) {
      against = well === health.isUp ? 0 : against + 1;
      if (against < (health.isUp ? unhealthy : healthy)) return false;
      health.isUp = well;
      against = 0;
      return true;
    },
  };
  return health;
}
