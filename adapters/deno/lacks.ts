import type { Lack } from "../../src/runtime/runtime.ts";

/** What Deno can't do. */
export const lacks: readonly Lack[] = [
  {
    option: "always",
    text: "timeout.connect is not kept: a client may take any time for its request head; put a proxy that limits it in front of this port where clients aren't trusted",
  },
  {
    option: "always",
    text: "a client that leaves before its answer begins is not noticed where its request came in several pieces: what was sent upstream goes on until the answer comes",
  },
  {
    option: "always",
    text: "over TLS an answer with neither a length nor chunks looks whole when its upstream resets the connection or ends it without close_notify",
  },
  {
    option: "always",
    text: "WebSockets: no client is slowed down by its upstream, so where over 4 MiB wait for that the client is closed with 1013; messages have up to 64 MiB; extensions are not agreed on; one whose upstream breaks is closed with 1011; while one goes on at shutdown, requests are still taken",
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
];
