/** Random answers of an upstream: mostly valid ones that are rarely seen, and ones that are almost valid. */

import { createDraw, type Draw, damaged } from "./draw.ts";

/** How an answer's connection goes on. `hang`: it stays open and silent. */
export type Ending = "keep" | "fin" | "reset" | "hang";

/** The forwards that cases use: see `stage.ts`. */
export const FORWARDS = ["plain", "held", "buffered"] as const;
export type ForwardName = (typeof FORWARDS)[number];

export interface AnswerCase {
  readonly forward: ForwardName;
  readonly method: string;
  /** Body of the client's request. */
  readonly body: string;
  /** The answer's bytes as Latin-1 text, in parts of its grammar. */
  readonly parts: readonly string[];
  /** Offsets at which the bytes are split into writes, ascending. */
  readonly splits: readonly number[];
  readonly ending: Ending;
}

export function makeAnswer(seed: number): AnswerCase {
  const draw = createDraw(seed);
  const method = draw.weighted([
    [60, "POST"],
    [20, "GET"],
    [12, "HEAD"],
    [4, "DELETE"],
    [4, "PUT"],
  ]);
  const body = method === "POST" || method === "PUT" ? draw.pick(['{"stream":true}', "{}", "x"]) : "";
  let parts = [...interims(draw), ...finalAnswer(draw)];
  if (draw.chance(0.12)) {
    const at = draw.int(parts.length);
    parts = parts.map((part, i) => (i === at ? damaged(part, WORDS, draw) : part));
  }
  if (draw.chance(0.1)) parts = parts.slice(0, draw.int(parts.length + 1));
  const length = parts.join("").length;
  const splits = [...new Set(draw.some(4, () => draw.int(length + 1)))].sort((a, b) => a - b);
  const ending = draw.weighted<Ending>([
    [50, "keep"],
    [35, "fin"],
    [10, "reset"],
    [5, "hang"],
  ]);
  return { forward: draw.pick(FORWARDS), method, body, parts, splits, ending };
}

const EOL = "\r\n";

const WORDS = [
  "\r\n",
  "\n",
  "\r",
  "\0",
  " ",
  "\t",
  ":",
  ";",
  "\x7f",
  "\xff",
  "\xe9",
  "0\r\n\r\n",
  "HTTP/1.1 200 OK\r\n",
  "content-length: 3\r\n",
  "transfer-encoding: chunked\r\n",
  "connection: close\r\n",
  "FFFFFFFFFFFFFFFF",
  "-1",
];

function interims(draw: Draw): string[] {
  if (!draw.chance(0.15)) return [];
  const one = (): string =>
    draw.weighted([
      [5, "HTTP/1.1 100 Continue\r\n\r\n"],
      [3, "HTTP/1.1 102 Processing\r\n\r\n"],
      [3, "HTTP/1.1 103 Early Hints\r\nlink: </x>; rel=preload\r\n\r\n"],
      [1, "HTTP/1.1 100 Continue\r\ncontent-length: 0\r\n\r\n"],
      [1, "HTTP/1.1 199 \xe9\r\nx: \x01\r\n\r\n"],
      [1, "HTTP/1.1 101 Switching Protocols\r\nupgrade: websocket\r\nconnection: upgrade\r\n\r\n"],
      [1, "HTTP/1.0 100 Continue\r\n\r\n"],
    ]);
  return [one(), ...draw.some(2, one)];
}

function statusLine(draw: Draw): { readonly status: number; readonly line: string } {
  const status = draw.weighted<number>([
    [60, 200],
    [20, draw.pick([201, 202, 203, 204, 205, 206, 226, 300, 302, 304, 307, 308])],
    [16, draw.pick([400, 401, 402, 403, 404, 408, 409, 413, 418, 422, 429, 451, 499])],
    [12, draw.pick([500, 501, 502, 503, 504, 507, 520, 521, 525, 529, 530, 598])],
    [4, draw.pick([0, 99, 199, 600, 666, 999])],
  ]);
  const code = String(status).padStart(3, "0");
  const reason = draw.weighted<string>([
    [40, " OK"],
    [6, " "],
    [5, ""],
    [6, " Requ\xc3\xaate refus\xc3\xa9e"],
    [3, " \xff\xfe\x80"],
    [2, " a\tb"],
    [2, " a\x01b\x7f"],
    [1, ` ${"long ".repeat(draw.pick([10, 1000, 20_000]))}`],
    [1, " HTTP/1.1 200 OK"],
    [1, "\tOK"],
  ]);
  const version = draw.weighted<string>([
    [80, "HTTP/1.1"],
    [8, "HTTP/1.0"],
    [1, "HTTP/2.0"],
    [1, "HTTP/1.2"],
    [1, "http/1.1"],
    [1, "HTTP/0.9"],
    [1, "ICY"],
  ]);
  const gap = draw.weighted([
    [60, " "],
    [1, "  "],
    [1, "\t"],
  ]);
  return { status, line: `${version}${gap}${code}${reason}${endOfLine(draw)}` };
}

function endOfLine(draw: Draw): string {
  return draw.weighted([
    [150, EOL],
    [2, "\n"],
    [1, " \r\n"],
    [0.5, "\r"],
    [0.5, "\r\r\n"],
  ]);
}

const NAMES = [
  "x-a",
  "X-Odd_Name",
  "a!#$%&'*+-.^_`|~b",
  "server",
  "x-request-id",
  "via",
  "date",
  "__proto__",
];

function value(draw: Draw): string {
  return draw.weighted<string>([
    [30, draw.pick(["", "1", "a, b", '"q\\"uoted"', "a;b=c", "  padded\t "])],
    [8, "caf\xc3\xa9 \xff"],
    [2, `a${String.fromCharCode(draw.int(32))}b`],
    [1, "\x7f"],
    [1, "x".repeat(draw.pick([1000, 9000, 40_000, 100_000]))],
    [2, "a\r\n b"],
    [1, "a\r\n\tb\r\n  c"],
  ]);
}

function field(draw: Draw, name: string, text: string): string {
  const colon = draw.weighted([
    [60, ": "],
    [6, ":"],
    [3, ":\t "],
    [0.5, " : "],
    [0.5, ""],
  ]);
  return `${name}${colon}${text}${endOfLine(draw)}`;
}

function extraFields(draw: Draw, status: number): string[] {
  const one = (): string =>
    draw.weighted<() => string>([
      [40, () => field(draw, draw.pick(NAMES), value(draw))],
      [6, () => field(draw, "set-cookie", `a=${draw.int(9)}; Path=/`)],
      [3, () => field(draw, "location", draw.pick(["/x", "http://127.0.0.1:1/", "//[", "\xe9", ""]))],
      [
        3,
        () =>
          field(draw, "connection", draw.pick(["close", "keep-alive", "x-a", "x-a, close", ",", "upgrade"])),
      ],
      [
        2,
        () =>
          field(draw, "keep-alive", draw.pick(["timeout=0", "timeout=-1", "timeout=x, max=0", "timeout=5"])),
      ],
      [2, () => field(draw, "upgrade", draw.pick(["websocket", "h2c", ","]))],
      [2, () => field(draw, "trailer", draw.pick(["x-t", "content-length", ","]))],
      [2, () => field(draw, "content-encoding", draw.pick(["identity", "odd", "gzip", "br", ","]))],
      [2, () => field(draw, "x-llmproxy-upstream", draw.pick(["liar", "\xe9"]))],
      [1, () => field(draw, "x-llmproxy-error", "internal_error")],
      [1, () => field(draw, "www-authenticate", "Basic realm=\xe9")],
      [1, () => field(draw, "", "no name")],
      [1, () => field(draw, draw.pick(["a b", "a\0", "\xe9", "(x)", " x"]), "odd name")],
      [1, () => `no colon${EOL}`],
      [1, () => field(draw, "proxy-authenticate", "Basic")],
      [1, () => field(draw, "alt-svc", 'h3=":443"')],
    ])();
  const fields = draw.some(4, one);
  // A wait that is understood takes the upstream away from the cases after it.
  if (status < 500 && status !== 429 && draw.chance(0.05)) {
    fields.push(
      field(draw, "retry-after", draw.pick(["0", "-1", "soon", "1e9999", "40s", "99999999999999999"])),
    );
  }
  if (draw.chance(0.02)) {
    const count = draw.pick([60, 120, 400, 3000]);
    fields.push(...Array.from({ length: count }, (_, i) => `x-${i}: ${i}${EOL}`));
  }
  if (draw.chance(0.02)) fields.push(...Array.from({ length: 50 }, (_, i) => `set-cookie: c${i}=${i}${EOL}`));
  return fields;
}

const event = (data: unknown): string => `data: ${JSON.stringify(data)}\n\n`;
const DELTA = event({ choices: [{ index: 0, delta: { content: "hello" } }] });
const ROLE = event({ choices: [{ index: 0, delta: { role: "assistant", content: "" } }] });
const ERROR = { error: { message: "no", type: "server_error", code: "x" } };

function payload(draw: Draw): { readonly type: string; readonly pieces: string[] } {
  const sse = (): string[] => [
    ...draw.some(2, () =>
      draw.pick([ROLE, ": ping\n\n", "\r\n", "event: x\r\n", "data\n\n", "retry: 1\n\n"]),
    ),
    ...draw.some(4, () =>
      draw.pick([
        DELTA,
        DELTA,
        event(ERROR),
        "data: {\n\n",
        "data: \xff\n\n",
        `event: error\n${event(ERROR)}`,
      ]),
    ),
    ...draw.some(1, () => "data: [DONE]\n\n"),
  ];
  const lines = (): string[] =>
    draw.some(4, () =>
      draw.pick([
        '{"message":{"content":"a"},"done":false}\n',
        '{"done":true}\r\n',
        '{"error":"no"}\n',
        "{\n",
        "\n",
        '{"error":{"code":429}}',
      ]),
    );
  const json = (): string[] => [
    draw.pick([
      "{}",
      JSON.stringify(ERROR),
      '{"error":"text"}',
      '{"error":null,"choices":[{"finish_reason":"error","error":{}}]}',
      '{"choices":[{"message":{"content":"\xc3\xa9"}}]}',
      "[",
      "null",
      '{"a":'.repeat(500),
      `{"a":"${"x".repeat(draw.pick([100, 5000, 70_000]))}"}`,
    ]),
  ];
  return draw.weighted<() => { type: string; pieces: string[] }>([
    [8, () => ({ type: "text/event-stream", pieces: sse() })],
    [4, () => ({ type: "application/x-ndjson", pieces: lines() })],
    [5, () => ({ type: draw.pick(["application/json", "application/json; charset=\xe9"]), pieces: json() })],
    [
      4,
      () => ({
        type: "application/octet-stream",
        pieces: draw.some(3, () => "\0\xff".repeat(draw.pick([1, 6, 700, 40_000]))),
      }),
    ],
    [
      1,
      () => ({ type: draw.pick(["", ";", "text/event-stream;", "\xe9/\xe9", "a/b,c/d"]), pieces: [DELTA] }),
    ],
  ])();
}

function chunkOf(draw: Draw, data: string): string {
  const size = data.length.toString(16);
  const written = draw.weighted<string>([
    [60, size],
    [5, size.toUpperCase().padStart(draw.pick([2, 8, 20]), "0")],
    [4, `${size};a=b`],
    [3, `${size} `],
    [3, `${size} ; a = "b;c"`],
    [1, `${size}\t`],
    [1, ` ${size}`],
    [1, `0x${size}`],
    [1, `-${size}`],
    [1, (data.length + 1).toString(16)],
    [1, draw.pick(["ffffffff", "7fffffffffffffff", "ffffffffffffffffff", "", "g", "1e1"])],
    [1, `${size};${"x".repeat(draw.pick([100, 20_000]))}`],
  ]);
  const end = (): string => (draw.chance(0.01) ? draw.pick(["\n", "", "\r", "\r\n\r\n"]) : EOL);
  return `${written}${end()}${data}${end()}`;
}

function framed(
  draw: Draw,
  pieces: readonly string[],
): { readonly fields: string[]; readonly body: string[] } {
  const text = pieces.join("");
  const length = (size: number | string): string => field(draw, "content-length", String(size));
  const chunked = (): string[] => [
    ...pieces.filter((piece) => piece !== "").map((piece) => chunkOf(draw, piece)),
    draw.weighted([
      [40, "0\r\n\r\n"],
      [3, "0\r\nx-t: 1\r\n\r\n"],
      [1, "0\r\nx-t: \xe9\x01\r\n\r\n"],
      [1, "0\r\ncontent-length: 5\r\n\r\n"],
      [1, "0\r\nno colon\r\n\r\n"],
      [1, "000;a\r\n\r\n"],
      [2, "0\r\n"],
      [2, ""],
      [1, "0\n\n"],
    ]),
  ];
  const te = field(draw, "transfer-encoding", "chunked");
  return draw.weighted<() => { fields: string[]; body: string[] }>([
    [40, () => ({ fields: [length(text.length)], body: [...pieces] })],
    [40, () => ({ fields: [te], body: chunked() })],
    [12, () => ({ fields: [], body: [...pieces] })],
    [3, () => ({ fields: [length(text.length + 1 + draw.int(50))], body: [...pieces] })],
    [3, () => ({ fields: [length(Math.max(0, text.length - 1 - draw.int(5)))], body: [...pieces] })],
    [2, () => ({ fields: [length(text.length), length(text.length)], body: [...pieces] })],
    [1, () => ({ fields: [length(text.length), length(text.length + 1)], body: [...pieces] })],
    [1, () => ({ fields: [length(`${text.length}, ${text.length}`)], body: [...pieces] })],
    [
      2,
      () => ({
        fields: [length(draw.pick(["", "-1", "+3", "0x3", "1e3", "3 3", "99999999999999999999", "\xb3"]))],
        body: [...pieces],
      }),
    ],
    [1, () => ({ fields: [te, length(text.length)], body: chunked() })],
    [1, () => ({ fields: [te, te], body: chunked() })],
    [
      1,
      () => ({
        fields: [
          field(
            draw,
            "transfer-encoding",
            draw.pick(["gzip, chunked", "chunked, identity", "Chunked", "odd", "", "identity"]),
          ),
        ],
        body: chunked(),
      }),
    ],
    [
      2,
      () => ({
        fields: [length(text.length)],
        body: [
          ...pieces,
          draw.pick(["x", "HTTP/1.1 200 OK\r\ncontent-length: 6\r\n\r\npoison", "\r\n", "\0".repeat(70_000)]),
        ],
      }),
    ],
  ])();
}

function finalAnswer(draw: Draw): string[] {
  const { status, line } = statusLine(draw);
  const { type, pieces } = payload(draw);
  const bare = [204, 304].includes(status) || (status === 205 && draw.chance(0.5));
  const { fields, body } = bare && draw.chance(0.5) ? { fields: [], body: [] } : framed(draw, pieces);
  const own = draw.chance(0.95) ? [field(draw, "content-type", type)] : [];
  const all = [...own, ...extraFields(draw, status)];
  all.splice(draw.int(all.length + 1), 0, ...fields);
  return [line, ...all, draw.chance(0.01) ? "\n" : EOL, ...body];
}
