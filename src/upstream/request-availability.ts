/** Which members of a group one request may be sent to: they are available, and have no limit that it falls under. */

import type { RequestFacts } from "../llm/facts.ts";
import { type Available, availableIn } from "./available.ts";
import { clientCredential } from "./credentials.ts";
import type { LimitScope, LimitScopes } from "./limit-scope.ts";
import type { Member } from "./member.ts";
import type { OutgoingRequest } from "./request.ts";

/** `now`: monotonic ms. */
export interface RequestAvailability {
  /** The members that may be sent the request now, in the group's order. */
  available(now: number): readonly Member[];
  /** Milliseconds until `member` may be sent it; 0 when it may now. */
  availableIn(member: Member, now: number): number;
  /** What a limit that a member reports for this request applies to. */
  readonly scope: LimitScope<Member>;
}

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
