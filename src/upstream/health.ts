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
  let isUp = true;
  /** Results in a row that speak against the state. */
  let against = 0;
  return {
    get isUp() {
      return isUp;
    },
    checked(well) {
      against = well === isUp ? 0 : against + 1;
      if (against < (isUp ? unhealthy : healthy)) return false;
      isUp = well;
      against = 0;
      return true;
    },
  };
}
