/** Makes the HTTP call of one attempt by the runtime's client. */

import type { Clock } from "../base/clock.ts";
import { withoutCredentials } from "../message/credentials.ts";
import type { OutgoingRequest, RequestBody } from "../message/request.ts";
import type { FetchInit, Handshake } from "../runtime/runtime.ts";
import type { Attempt } from "./attempt.ts";
import { fetchFollowing, type Redirect } from "./redirect.ts";

/** How a request is sent to one upstream. */
export interface CallManner {
  /** Whether the proxy may have to read the answer's body, which then must not be encoded. */
  readonly identity: boolean;
  /** Whether sending it a second time is safe although the first may have been carried out. */
  readonly repeatable: boolean;
  /** Whether it goes out on a connection of its own, since a pooled one was stale. */
  readonly fresh: boolean;
  /** Whether the proxy's own credentials are sent: the client's are dropped then. */
  readonly ownCredentials: boolean;
  /** Gets each redirect that is followed. Undefined: redirects are not followed. */
  readonly redirects: Redirect[] | undefined;
}

/**
 * Sends a request to an upstream. Rejects as the runtime's client does.
 *
 * @param onProgress called as {@link FetchInit.onProgress} is, and for each chunk of a streamed body
 */
export function fetchAnswer(
  request: OutgoingRequest,
  attempt: Attempt,
  manner: CallManner,
  onProgress: () => void,
  clock: Clock,
): Promise<Response> {
  const { client } = attempt.member;
  const url = urlOf(request, attempt, manner);
  const init = fetchInit(request, attempt, manner, onProgress);
  const { redirects } = manner;
  const follows = redirects !== undefined && request.body.type !== "stream";
  return follows ? fetchFollowing(client, url, init, redirects, clock) : client.fetch(url, init);
}

/** Sends a WebSocket handshake to an upstream. Rejects as the runtime's client does. */
export async function openSocket(
  request: OutgoingRequest,
  attempt: Attempt,
  manner: CallManner,
  onProgress: () => void,
): Promise<Handshake> {
  const { client } = attempt.member;
  if (client.openSocket === undefined) throw new Error("This runtime opens no WebSockets.");
  return client.openSocket(urlOf(request, attempt, manner), fetchInit(request, attempt, manner, onProgress));
}

function urlOf(
  { path, query }: OutgoingRequest,
  { member }: Attempt,
  { ownCredentials }: CallManner,
): string {
  return member.targetUrl(path, ownCredentials ? withoutCredentials(query) : query);
}

function fetchInit(
  request: OutgoingRequest,
  attempt: Attempt,
  { identity, ownCredentials, repeatable, fresh }: CallManner,
  onProgress: () => void,
): FetchInit {
  const { method, body } = request;
  if (body.type === "stream") body.onProgress(onProgress);
  return {
    method,
    headers: attempt.member.requestHeaders(request, identity, ownCredentials),
    body: bytesOf(body),
    bodyLength: body.type === "stream" ? body.length : undefined,
    signal: attempt.signal,
    repeatable,
    fresh,
    onProgress,
  };
}

function bytesOf(body: RequestBody): FetchInit["body"] {
  switch (body.type) {
    case "none":
      return null;
    case "kept":
      return body.bytes;
    case "stream":
      return body.stream;
  }
}
