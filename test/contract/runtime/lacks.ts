/** Why a program skips a row: what its runtime can't do. The table of docs/runtimes.md says the same. */

import type { Skips } from "../../support/contract.ts";

function onBun(reason: string): Skips {
  return { bun: reason, binary: reason };
}

export const HEAD_LEAVES_WITH_FIRST_BYTE = onBun("Bun's server sends the head with the body's first byte");

export const INVENTS_FIELDS = onBun("Bun's fetch sends accept: */* where the client sent none");

export const NO_HEAD_TIMEOUT: Skips = {
  deno: "Deno's server has no time limit for a request's head",
};

export const COARSE_HEAD_TIMEOUT: Skips = {
  ...NO_HEAD_TIMEOUT,
  ...onBun("Bun's server closes a connection without a whole request head after 10 to 14 s, whatever is set"),
};

export const NO_IDLE_TIMEOUT: Skips = { deno: "Deno's server does not close idle connections" };

export const REPEATS_BODYLESS_REQUESTS = onBun(
  "Bun's fetch sends a request without a body again when a reused connection dies",
);

export const TAKES_BARE_LF: Skips = { deno: "Deno's server takes a bare LF for a line's end" };

export const STREAMED_UPLOADS_ARE_CHUNKED = onBun(
  "Bun's fetch sends a streamed upload in chunks, without its length",
);

export const STREAMED_ANSWERS_ARE_CHUNKED = onBun(
  "Bun's server sends a streamed answer in chunks, without its length",
);

export const SMALL_HEADS = onBun("Bun's server refuses request heads from 16 KiB on with 431");

export const OWN_HEAD_STATUS: Skips = { deno: "Deno's server refuses a head that is too large with 400" };

export const FEW_FIELDS: Skips = {
  ...onBun("Bun's server refuses requests of 250 header fields"),
  deno: "Deno's server refuses requests of 250 header fields",
};

export const NO_PIPELINING = onBun("Bun's server closes a connection on which requests are pipelined");

export const REFUSES_INSIDE_ANSWERS = onBun(
  "Bun's server writes a 400 or 505 of its own into an answer that is running",
);

export const TAKES_HALF_A_LAST_CHUNK = onBun(
  "Bun's fetch takes a last chunk without its final line for the end",
);

export const TAKES_RESET_FOR_END = onBun(
  "Bun's fetch takes a reset for the end of an answer without a length",
);

export const LOSES_BYTES_BEFORE_FIN = onBun(
  "Bun's fetch may lose the bytes of an answer that arrive together with its connection's early end",
);

export const NO_HTTP2: Skips = {
  ...onBun("Bun's server speaks HTTP/1.1 only"),
  node: "the Node program serves HTTP/1.1 only",
};

export const NO_TCP_KEEPALIVE = onBun("Bun's fetch has no setting for TCP keepalive");

export const MISSES_LEAVING: Skips = {
  deno: "Deno's server does not tell of it where the request came in several pieces",
};

export const TAKES_NO_HOST: Skips = { deno: "Deno's server takes an HTTP/1.1 request without Host" };

export const EXTENSIONS_ARE_EACH_SIDES = {
  ...onBun("Bun's server unpacks frames, so that no extension is agreed on"),
  deno: "Deno's server unpacks frames, so that no extension is agreed on",
};

export const SOCKETS_ARE_NOT_SLOWED = onBun(
  "Bun's fetch reads a WebSocket's upstream no matter how slow the client is",
);

export const CLIENTS_ARE_NOT_SLOWED: Skips = {
  ...onBun("Bun's server reads a client's messages no matter how slow the upstream is"),
  deno: "Deno's server reads a client's messages no matter how slow the upstream is",
};

export const CUTS_WITH_1011: Skips = {
  deno: "Deno's server can't end a WebSocket without a close, and closes with 1011",
};

export const REFUSES_UPGRADES_WITH_BODY: Skips = {
  deno: "Deno's server refuses a body beside Upgrade",
};

export const BUN_REFUSES_ODD_ANSWERS = onBun("Bun's fetch refuses them: 502, or a cut where the head is out");
