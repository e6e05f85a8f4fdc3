/** The inference endpoint that a request reaches, whichever member of a group it goes to. */

import type { Member } from "./member.ts";
import type { EndpointLookup } from "./url.ts";

/** A path that is an endpoint at some members and none at others is none: a second send may go to any of them. */
export function createGroupEndpointLookup(members: readonly Member[]): EndpointLookup {
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
