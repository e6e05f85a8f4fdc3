import type { LimitScope } from "../upstream/limit-scope.ts";
import type { Member } from "../upstream/member.ts";
import type { Redirect } from "./redirect.ts";

/** The conditions of one attempt, known before it begins. */
export interface AttemptOptions {
  /** Whether sending the request a second time is safe although the first may have been carried out. */
  readonly repeatable: boolean;
  /** Whether its body can be sent a second time. */
  readonly kept: boolean;
  /** Whether another attempt may follow. */
  readonly mayFollow: boolean;
  /** Whether it goes out on a connection of its own, since a pooled one was stale. */
  readonly fresh: boolean;
  /** Whether the client waits for a stream, so that `timeout.first_token` holds. */
  readonly streaming: boolean;
  /** Whether the proxy may have to read the answer's body, which then must not be encoded. */
  readonly identity: boolean;
  /** Whether the proxy's own credentials are sent: the client's are dropped then. */
  readonly ownCredentials: boolean;
  /** The requests to which a limit that the upstream reports applies. */
  readonly scope: LimitScope<Member>;
  /** Gets each redirect that is followed. Undefined: redirects are not followed. */
  readonly redirects: Redirect[] | undefined;
}
