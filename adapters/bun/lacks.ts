import type { Lack } from "../../src/runtime/runtime.ts";
import { hasDefaultLimit } from "./request-limit.ts";

const LACKS: readonly Lack[] = [
  {
    option: "always",
    text: "the head of an answer leaves with the first byte of its body",
  },
  {
    option: "always",
    text: "a request without accept is sent with accept: */*, and one without a body is sent again when a reused connection turns out to be dead",
  },
  {
    option: "always",
    text: "an answer with neither a length nor chunks looks whole when its upstream resets the connection, or ends TLS without close_notify",
  },
  {
    option: "always",
    text: "WebSockets: nobody is slowed down by the other side, so where over 4 MiB wait for one both are closed with 1013; messages have up to 64 MiB; extensions are not agreed on",
  },
  {
    option: "forwards.timeout.connect",
    text: "a new connection without a whole request head is closed after 10 to 14 s, whatever timeout.connect says",
  },
  {
    option: "forwards.timeout.body",
    text: "a request's body of up to 64 KiB with a length is read at once: silence inside it is not seen, but the whole of it has four times as long",
  },
  {
    option: "forwards.timeout.idle",
    text: "idle connections are looked at every 4 s, so they are closed up to 4 s late",
  },
  {
    option: "http_client.keepalive",
    text: "TCP keepalive of connections to upstreams can't be set",
  },
  {
    option: "http_client.timeout.idle",
    text: "where timeout.idle is over 8 s, unused connections to upstreams are closed up to 8 s late",
  },
];

const REQUEST_LIMIT: Lack = {
  option: "always",
  text: "no more than 256 requests are sent upstream at once, the others wait; set BUN_CONFIG_MAX_HTTP_REQUESTS=65535",
};

/** What Bun can't do. */
export function lacks(): readonly Lack[] {
  return hasDefaultLimit() ? [...LACKS, REQUEST_LIMIT] : LACKS;
}
