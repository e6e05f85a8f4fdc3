import type { Secret } from "../base/secret.ts";

/** The scheme's name has no case (RFC 9110 §11.1). The token is whatever the operator chose. */
const BEARER = /^Bearer +(.+)$/i;

/**
 * Makes the check of an Authorization field for the one right token.
 *
 * Its time depends on what was presented, not on how much of it is right: every byte is compared, and a length that
 * differs is one more difference. (`timingSafeEqual` is Node's own.)
 */
export function createTokenCheck(token: Secret): (authorization: string | null) => boolean {
  const encoder = new TextEncoder();
  const right = encoder.encode(token.reveal());
  return (authorization) => {
    const presented = encoder.encode(BEARER.exec(authorization ?? "")?.[1] ?? "");
    let difference = presented.length ^ right.length;
    for (let i = 0; i < presented.length; i++) {
      difference |= (presented[i] ?? 0) ^ (right[i % right.length] ?? 0);
    }
    return difference === 0 && right.length > 0;
  };
}
