import type { Lack } from "../../src/runtime.ts";

/** What Deno can't do. */
export const lacks: readonly Lack[] = [
  {
    option: "always",
    text: "upstreams are asked for identity whatever encodings the client takes, because answers in gzip or br would be decoded",
  },
  {
    option: "always",
    text: "a request without accept or accept-language is sent with accept: */* and accept-language: *, and one without a body is sent again when a reused connection turns out to be dead",
  },
  {
    option: "always",
    text: "timeout.connect is not kept: a client may take any time for its request head; put a proxy that limits it in front of this port where clients aren't trusted",
  },
  {
    option: "forwards.timeout.body",
    text: "a request's body of up to 64 KiB with a length is read at once: silence inside it is not seen, but the whole of it has four times as long",
  },
  { option: "forwards.timeout.idle", text: "idle connections of clients are not closed" },
  {
    option: "forwards.timeout.write",
    text: "a client that takes nothing is cut while its answer is running, but not when only the last bytes wait for it",
  },
  { option: "http_client.keepalive", text: "TCP keepalive of connections to upstreams can't be set" },
  {
    option: "http_client.proxy",
    text: "the proxy's credentials also go to https upstreams, inside the tunnel; use a proxy that needs none",
  },
  {
    option: "upstreams.tls.ca",
    text: "the certificates are trusted beside the runtime's roots, not instead of them",
  },
];
