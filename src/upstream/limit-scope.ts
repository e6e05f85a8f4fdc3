/**
 * What a provider's rate limit applies to: one credential and one model. A 429 for one of them says nothing about
 * requests with another credential or for another model.
 */

import type { Random } from "../base/clock.ts";
import { hashText } from "../base/hash.ts";

/** The scopes of one request. */
export interface LimitScope<M> {
  /** The scope at `member`: a 53-bit hash, comparable within one upstream. */
  of(member: M): number;
  /** Whether the scope is one client's: `member` gets the client's own credential. */
  isClients(member: M): boolean;
}

/** The parts of a request that make its scopes. They are asked for only where a limit is known or reported. */
export interface ScopedRequest<M> {
  /** Whether the proxy's own credentials go to `member`. */
  sendsOwnCredentials(member: M): boolean;
  /** The client's own credential. */
  credential(): string | undefined;
  /** The model that the request names. */
  model(): string | undefined;
}

/** Creates the scopes of a request. */
export type LimitScopes = <M>(request: ScopedRequest<M>) => LimitScope<M>;

/** Creates {@link LimitScopes} for one proxy. The hash is seeded, so that it can't be computed outside the process. */
export function createLimitScopes(random: Random): LimitScopes {
  const high = seedFrom(random);
  const low = seedFrom(random);
  const hash = (text: string): number => (hashText(text, high) >>> 11) * 2 ** 32 + hashText(text, low);

  return (request) => {
    let own: number | undefined;
    let client: number | undefined;
    return {
      of(member) {
        if (request.sendsOwnCredentials(member)) {
          own ??= hash(`own\n${request.model() ?? ""}`);
          return own;
        }
        client ??= hash(`client\n${request.credential() ?? ""}\n${request.model() ?? ""}`);
        return client;
      },
      isClients: (member) => !request.sendsOwnCredentials(member) && request.credential() !== undefined,
    };
  };
}

function seedFrom(random: Random): number {
  return Math.floor(random() * 2 ** 32);
}
