/** Makes the HTTP call of one attempt by the runtime's client. */

import type { Clock } from "../base/clock.ts";
import { withoutCredentials } from "../message/credentials.ts";
import type { OutgoingRequest, RequestBody } from "../message/request.ts";
import type { FetchInit, Handshake } from "../runtime/runtime.ts";
import type { Attempt } from "./attempt.ts";
import type { AttemptOptions } from "./options.ts";
import { fetchFollowing } from "./redirect.ts";

/**
 * Sends a request to an upstream. Rejects as the runtime's client does.
 *
 * @param onProgress called as {@link FetchInit.onProgress} is, and for each chunk of a streamed body
 */
export function fetchAnswer(
  request: OutgoingRequest,
  attempt: Attempt,
  options: AttemptOptions,
  onProgress: () => void,
  clock: Clock,
): Promise<Response> {
  const { client } = attempt.member;
  const url = urlOf(request, attempt, options);
  const init = fetchInit(request, attempt, options, onProgress);
  const { redirects } = options;
  const follows = redirects !== undefined && request.body.type !== "stream";
  return follows ? fetchFollowing(client, url, init, redirects, clock) : client.fetch(url, init);
}

/** Sends a WebSocket handshake to an upstream. Rejects as the runtime's client does. */
export async function openSocket(
  request: OutgoingRequest,
  attempt: Attempt,
  options: AttemptOptions,
  onProgress: () => void,
): Promise<Handshake> {
  const { client } = attempt.member;
  if (client.openSocket === undefined) throw new Error("This runtime opens no WebSockets.");
  return client.openSocket(
    urlOf(request, attempt, options),
    fetchInit(request, attempt, options, onProgress),
  );
}

function urlOf(
  { path, query }: OutgoingRequest,
  { member }: Attempt,
  { ownCredentials }: AttemptOptions,
): string {
  return member.targetUrl(path, ownCredentials ? withoutCredentials(query) : query);
}

function fetchInit(
  request: OutgoingRequest,
  attempt: Attempt,
  { identity, ownCredentials, repeatable, fresh }: AttemptOptions,
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
