/** Random clients: what one connection sends, in which pieces, what it waits for, and how it ends. */

import { createDraw, type Draw, damaged } from "./draw.ts";

/** What a well-formed request must get, if it gets an answer. */
export interface Expected {
  readonly method: string;
  /**
   * `text`: the upstream's answer to this request, or a refusal. `cut`: an answer that is visibly not whole, or a
   * refusal. `any`: anything well-framed; what comes after it on the connection is not judged.
   */
  readonly outcome: "text" | "cut" | "any";
  readonly text: string;
}

export type Step =
  /** Sends Latin-1 text; `@@` stands for the case's name. `expected` is of the request that ends here. */
  | { readonly do: "send"; readonly bytes: string; readonly expected?: Expected }
  /** Sends bytes after which nothing on the connection has a known meaning. */
  | { readonly do: "send odd"; readonly bytes: string }
  /** Goes on when something more came, or the upstream has got one more request; soon, if that doesn't happen. */
  | { readonly do: "await"; readonly what: "bytes" | "upstream" }
  | { readonly do: "half-close" };

export interface ClientCase {
  readonly steps: readonly Step[];
  /** `wait`: leaves when all answers came. */
  readonly ending: "wait" | "fin" | "reset";
}

export function makeClient(seed: number): ClientCase {
  const draw = createDraw(seed);
  const steps: Step[] = [];
  for (let n = 0; n <= draw.int(4); n += 1) {
    steps.push(
      ...draw.weighted<() => Step[]>([
        [60, () => request(draw, n)],
        [12, () => upgrade(draw, n)],
        [6, () => connectTunnel(draw)],
        [10, () => oddRequest(draw)],
        [4, () => [{ do: "send odd", bytes: draw.pick(GARBAGE) }]],
      ])(),
    );
    if (draw.chance(0.4)) steps.push({ do: "await", what: draw.pick(["bytes", "upstream"] as const) });
  }
  if (draw.chance(0.12)) steps.push({ do: "half-close" });
  const ending = draw.weighted<ClientCase["ending"]>([
    [50, "wait"],
    [25, "fin"],
    [25, "reset"],
  ]);
  return { steps, ending };
}

const GARBAGE = [
  "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0",
  "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\x12\x04\0\0\0\0\0\xff\xff\xff\xff\xff\xff",
  "PRI * HTTP/2.0\r\n\r\n",
  "\x16\x03\x01\x02\0\x01\0\x01\xfc\x03\x03",
  "\r\n\r\n\r\n",
  "\0".repeat(50),
  "\xff".repeat(20_000),
  "GET",
  "GET / HTTP/1.1\r\n",
  "GET / HTTP/1.1\r\nhost: a\r\n",
  "0\r\n\r\n",
  "\n",
];

const WORDS = [
  "\r\n",
  "\n",
  "\r",
  "\0",
  " ",
  "\t",
  ":",
  "\x7f",
  "\xff",
  "content-length: 3\r\n",
  "transfer-encoding: chunked\r\n",
  "connection: close\r\n",
  "expect: 100-continue\r\n",
  "upgrade: websocket\r\n",
  "HTTP/1.1",
  "..",
  "%",
];

const FIELDS = [
  "x-a: 1\r\n",
  "x-b: caf\xe9\r\n",
  "accept: */*\r\n",
  "cookie: a=b\r\n",
  "authorization: Bearer x\r\n",
  "te: trailers\r\n",
  "connection: keep-alive\r\n",
  "connection: x-a\r\n",
  "upgrade: h2c\r\nhttp2-settings: AAMAAABkAARAAAAAAAIAAAAA\r\nconnection: upgrade, http2-settings\r\n",
  "upgrade: foo/1\r\nconnection: upgrade\r\n",
  "x-request-id: \xff\r\n",
  "x-forwarded-for: unknown, [::1]:1, \xe9\r\n",
  "forwarded: for=_x\r\n",
  "accept-encoding: gzip;q=0, \xe9\r\n",
  "content-type: application/json\r\n",
  "range: bytes=0-0,5-\r\n",
  "if-none-match: *\r\n",
  "idempotency-key: 1\r\n",
];

/** What the upstream does, by the path: see `client-upstream.ts`. */
const PATHS: readonly (readonly [number, string])[] = [
  [40, "echo"],
  [15, "chunks"],
  [12, "slow"],
  [4, "big"],
  [4, "empty"],
  [6, "cut"],
  [3, "none"],
  [2, "hang"],
];

/** One well-formed request, in one or more sends. */
function request(draw: Draw, n: number): Step[] {
  const method = draw.weighted<string>([
    [40, "GET"],
    [40, "POST"],
    [8, "HEAD"],
    [5, "PUT"],
    [4, "DELETE"],
    [4, "OPTIONS"],
    [2, "PATCH"],
    [2, "TRACE"],
    [1, "M-SEARCH"],
  ]);
  const path = draw.weighted(PATHS);
  const hasBody = ["POST", "PUT", "PATCH"].includes(method);
  const body = hasBody
    ? draw.pick(["", "x", '{"stream":true}', "\0\r\n\r\nGET / HTTP/1.1\r\n\r\n", "y".repeat(70_000)])
    : "";
  const chunked = hasBody && draw.chance(0.4);
  const waits = hasBody && draw.chance(0.2);
  const fields = draw.some(3, () => draw.pick(FIELDS)).join("");
  const framing = chunked
    ? "transfer-encoding: chunked\r\n"
    : hasBody
      ? `content-length: ${body.length}\r\n`
      : "";
  const head = `${method} /c/${path}?case=@@&n=${n} HTTP/1.1\r\nhost: a\r\n${fields}${waits ? "expect: 100-continue\r\n" : ""}${framing}\r\n`;
  const payload = chunked ? inChunks(body, draw) : body;
  const outcome =
    path === "cut" && method !== "HEAD" ? "cut" : path === "none" || path === "hang" ? "cut" : "text";
  const expected: Expected = { method, outcome, text: `n=${n} ${method} ${body.length}` };
  // A client that lies about a field of Connection or Upgrade gets its answer all the same; TRACE may be refused.
  if (waits)
    return [
      { do: "send", bytes: head },
      { do: "await", what: "bytes" },
      { do: "send", bytes: payload, expected },
    ];
  const whole = head + payload;
  if (draw.chance(0.6)) return [{ do: "send", bytes: whole, expected }];
  const at = 1 + draw.int(whole.length - 1);
  const between: Step[] = draw.chance(0.3) ? [{ do: "await", what: "upstream" }] : [];
  return [
    { do: "send", bytes: whole.slice(0, at) },
    ...between,
    { do: "send", bytes: whole.slice(at), expected },
  ];
}

function inChunks(body: string, draw: Draw): string {
  const at = draw.int(body.length + 1);
  const chunks = [body.slice(0, at), body.slice(at)].filter((part) => part !== "");
  return `${chunks.map((part) => `${part.length.toString(16)}\r\n${part}\r\n`).join("")}0\r\n\r\n`;
}

/** A handshake, good or bad, and frames after it. */
function upgrade(draw: Draw, n: number): Step[] {
  const version = draw.weighted([
    [20, "13"],
    [1, "8"],
    [1, "x"],
  ]);
  const key = draw.weighted([
    [20, "dGhlIHNhbXBsZSBub25jZQ=="],
    [1, "short"],
    [1, "\xff"],
  ]);
  const method = draw.chance(0.93) ? "GET" : "POST";
  const how = draw.pick([
    "hello",
    "garbage",
    "reset",
    "fin",
    "close",
    "flood",
    "refuse",
    "hang",
    "wrong-accept",
  ]);
  const head = `${method} /c/ws?case=@@&n=${n}&how=${how} HTTP/1.1\r\nhost: a\r\nupgrade: websocket\r\nconnection: Upgrade\r\nsec-websocket-version: ${version}\r\nsec-websocket-key: ${key}\r\n`;
  const more = draw.weighted([
    [20, ""],
    [2, "sec-websocket-protocol: a, b\r\n"],
    [2, "sec-websocket-extensions: permessage-deflate\r\n"],
    [1, "content-length: 3\r\n"],
    [1, "transfer-encoding: chunked\r\n"],
    [1, "expect: 100-continue\r\n"],
  ]);
  const frames = draw.some(3, () => draw.pick(FRAMES)).join("");
  const step: Step = {
    do: "send",
    bytes: `${head}${more}\r\n`,
    expected: { method, outcome: "any", text: "" },
  };
  const after: Step[] = frames === "" ? [] : [{ do: "send odd", bytes: frames }];
  return draw.chance(0.6) ? [step, { do: "await", what: "bytes" }, ...after] : [step, ...after];
}

/** Frames of a client, masked with zeros unless they are wrong. */
const FRAMES = [
  "\x81\x85\0\0\0\0hello",
  "\x82\x80\0\0\0\0",
  "\x89\x81\0\0\0\0p",
  "\x88\x82\0\0\0\0\x03\xe8",
  "\x88\x81\0\0\0\0\x03",
  "\x88\x82\0\0\0\0\0\0",
  "\x81\x05hello",
  "\x81\x81\0\0\0\0\xff",
  "\xf1\x80\0\0\0\0",
  "\x83\x80\0\0\0\0",
  "\x01\x81\0\0\0\0a\x81\x81\0\0\0\0b",
  "\x80\x80\0\0\0\0",
  "\x09\x80\0\0\0\0",
  "\x89\xfe\0\x7e\0\0\0\0",
  "\x82\xff\x7f\xff\xff\xff\xff\xff\xff\xff\0\0\0\0",
  "\x82\xff\xff\xff\xff\xff\xff\xff\xff\xff\0\0\0\0",
  `\x82\xfe\xff\xff\0\0\0\0${"x".repeat(65_535)}`,
  "\x81",
];

function connectTunnel(draw: Draw): Step[] {
  const target = draw.pick(["example.com:443", "127.0.0.1:1", "a", "/", "[::1]:80", ":"]);
  const bytes = `CONNECT ${target} HTTP/1.1\r\nhost: ${target}\r\n\r\n${draw.chance(0.2) ? "\x16\x03\x01" : ""}`;
  return [{ do: "send odd", bytes }];
}

/** A request that is almost well-formed, or breaks off. */
function oddRequest(draw: Draw): Step[] {
  const body = draw.pick([
    "",
    "abc",
    "3\r\nabc\r\n0\r\n\r\n",
    "3\r\nab",
    "fffffffffffffffff\r\n",
    "-1\r\n",
    "3;\xff\r\nabc\r\n0\r\nx: y\r\n\r\n",
  ]);
  const framing = draw.pick([
    "",
    "content-length: 10\r\n",
    "content-length: 3\r\n",
    "content-length: 99999999999999999999\r\n",
    "content-length: 3\r\ncontent-length: 3\r\n",
    "content-length: 70000000\r\n",
    "transfer-encoding: chunked\r\n",
    "transfer-encoding: chunked\r\ncontent-length: 3\r\n",
    "transfer-encoding: gzip\r\n",
    "expect: 100-continue\r\ncontent-length: 3\r\n",
    "expect: 200-ok\r\n",
    "expect: 100-continue\r\n",
  ]);
  const method = draw.pick([
    "GET",
    "POST",
    "HEAD",
    "OPTIONS",
    "CONNECT",
    "TRACE",
    "get",
    "\xe9",
    "",
    "A".repeat(3000),
    "CONNECT",
  ]);
  const target = draw.pick([
    "/c/echo?case=@@",
    "*",
    "http://b/c/echo?case=@@",
    "http://[/",
    "//",
    "/%",
    "/%00",
    "/\xff",
    "/c/echo#x",
    "",
    "?",
    `/${"x".repeat(30_000)}`,
    "/c/ws?case=@@",
    "/..//../c/echo",
  ]);
  const version = draw.pick([
    "HTTP/1.1",
    "HTTP/1.1",
    "HTTP/1.1",
    "HTTP/1.0",
    "HTTP/2.0",
    "HTTP/1.2",
    "",
    "http/1.1",
  ]);
  const extra = draw.weighted([
    [10, ""],
    [2, draw.pick(FIELDS)],
    [1, "x\r\n"],
    [1, " fold\r\n"],
    [1, `x: ${"y".repeat(70_000)}\r\n`],
    [1, Array.from({ length: 400 }, (_, i) => `x-${i}: 1\r\n`).join("")],
    [1, "host: b\r\n"],
    [1, "host: [\r\n"],
    [1, "upgrade: websocket\r\nconnection: upgrade\r\n"],
    [1, "upgrade: \xe9\r\nconnection: upgrade\r\n"],
    [1, "connection: close\r\n"],
    [1, "a: b\0c\r\n"],
  ]);
  const host = draw.chance(0.85)
    ? "host: a\r\n"
    : draw.pick(["", "host:\r\n", "host: \xe9\r\n", "host: a:b:c\r\n", "host: [::1\r\n"]);
  const bytes = `${method} ${target}${version === "" ? "" : " "}${version}\r\n${host}${extra}${framing}\r\n${body}`;
  const sent = draw.chance(0.3) ? damaged(bytes, WORDS, draw) : bytes;
  return [{ do: "send odd", bytes: draw.chance(0.2) ? sent.slice(0, draw.int(sent.length + 1)) : sent }];
}
