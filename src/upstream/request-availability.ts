/**
 * The members of a group that one request may be sent to: they are available, and none of their limits applies to it.
 */

import type { RequestFacts } from "../llm/facts.ts";
import { clientCredential } from "../message/credentials.ts";
import type { OutgoingRequest } from "../message/request.ts";
import { type Available, availableIn } from "./available.ts";
import type { LimitScope, LimitScopes } from "./limit-scope.ts";
import type { Member } from "./member.ts";

/** The availability of a group's members for one request. `now`: monotonic ms. */
export interface RequestAvailability {
  /** The members that may be sent the request now, in the group's order. */
  available(now: number): readonly Member[];
  /** Milliseconds until `member` may be sent it; 0 when it may now. */
  availableIn(member: Member, now: number): number;
  /** The scope of a limit that a member reports for this request. */
  readonly scope: LimitScope<Member>;
}

/** Creates it for one request. The request's scope is computed when it is first needed. */
export function createRequestAvailability(
  available: Available<Member>,
  { headers, query }: Pick<OutgoingRequest, "headers" | "query">,
  facts: Pick<RequestFacts, "model">,
  scopes: LimitScopes,
): RequestAvailability {
  const scope = scopes<Member>({
    sendsOwnCredentials: (member) => member.sendsOwnCredentials(headers),
    credential: () => clientCredential(headers, query),
    model: () => facts.model(),
  });
  return {
    available: (now) => available(now, scope),
    availableIn: (member, now) => availableIn(member, now, scope),
    scope,
  };
}
