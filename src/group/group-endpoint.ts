/** Finds the inference endpoint that a request to a group reaches. */

import type { EndpointLookup } from "../message/url.ts";
import type { Member } from "../upstream/member.ts";

/**
 * Creates the lookup for a group. A path counts as an endpoint only where it is one at every member, since a repeated
 * request may go to any of them.
 */
export function createGroupEndpointLookup(members: readonly Member[]): EndpointLookup {
  // Members with the same base path share one lookup.
  const lookups = new Map(
    members.map(({ upstream: { config }, endpointAt }) => [
      `${config.path} ${new URL(config.url).pathname}`,
      endpointAt,
    ]),
  );
  const [first, ...others] = lookups.values();
  return (path) => {
    const endpoint = first?.(path);
    return others.every((endpointAt) => endpointAt(path) !== undefined) ? endpoint : undefined;
  };
}
