import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Secret } from "../../src/base/secret.ts";
import { type AccessRecord, createLog, type Log } from "../../src/log/log.ts";
import { createTextFormatter } from "../../src/log/text.ts";

const WALL = Date.UTC(2026, 0, 2, 3, 4, 5, 678);

const RECORD: AccessRecord = {
  id: "req-1",
  forward: "main",
  method: "POST",
  path: "/v1/chat/completions",
  status: 200,
  group: "chat",
  upstream: "one",
  attempts: 2,
  reason: "reset",
  ms: 812.3456,
  firstByteMs: 211.04,
  bytesIn: 10,
  bytesOut: 20,
  client: "203.0.113.7",
};

interface Options {
  readonly terminal?: boolean;
  readonly color?: boolean;
  readonly debug?: boolean;
}

function create({ terminal = false, color = false, debug = false }: Options = {}): {
  readonly log: Log;
  readonly lines: string[];
} {
  const lines: string[] = [];
  const log = createLog({
    write: (line) => lines.push(line),
    text: terminal ? createTextFormatter({ color, debug }) : undefined,
    debug,
    wall: () => WALL,
  });
  return { log, lines };
}

function only(lines: readonly string[]): string {
  expect(lines).toHaveLength(1);
  return lines[0] ?? "";
}

/** What may not stand in a line raw: control characters, line separators, bidi controls. */
const FORGING = /[\p{Cc}\u2028-\u202e\u2066-\u2069]/u;

describe("a log that is not read by people", () => {
  it("writes an event as one JSON object with time, level and message first", () => {
    const { log, lines } = create();
    log.warn("careful", { port: 3000 });
    expect(only(lines)).toBe(
      '{"time":"2026-01-02T03:04:05.678Z","level":"warn","msg":"careful","port":3000}',
    );
  });

  it("names the levels debug, info, warn and error", () => {
    const { log, lines } = create({ debug: true });
    log.debug("a");
    log.info("a");
    log.warn("a");
    log.error("a");
    expect(lines.map((line) => JSON.parse(line).level)).toEqual(["debug", "info", "warn", "error"]);
  });

  it("lets no field pass for the time, the level or the message", () => {
    const { log, lines } = create();
    log.info("true", { msg: "false", level: "error", time: "never" });
    expect(JSON.parse(only(lines))).toEqual({ time: "2026-01-02T03:04:05.678Z", level: "info", msg: "true" });
  });

  it("shows a secret as ***, however deep it is", () => {
    const { log, lines } = create();
    log.info("x", { key: new Secret("sk-1"), inner: { list: [new Secret("sk-2")] } });
    expect(JSON.parse(only(lines))).toMatchObject({ key: "***", inner: { list: ["***"] } });
    expect(lines[0]).not.toContain("sk-");
  });

  it("writes an event whose fields have no form in JSON", () => {
    const { log, lines } = create();
    const circular: Record<string, unknown> = {};
    circular["self"] = circular;
    log.info("round", { circular });
    log.info("big", { size: 2n ** 70n });
    expect(JSON.parse(lines[0] ?? "")).toMatchObject({
      msg: "round",
      unprintable: expect.stringContaining("circular"),
    });
    expect(JSON.parse(lines[1] ?? "")).toMatchObject({ msg: "big", size: "1180591620717411303424" });
  });

  it("cuts a field that is too long", () => {
    const { log, lines } = create();
    log.info("long", { text: "x".repeat(100_000) });
    expect(only(lines).length).toBeLessThan(8400);
  });
});

describe("an error in a field", () => {
  const error = new TypeError("no such host", { cause: new Error("dns") });

  it("shows its message and causes without a stack below level error", () => {
    const { log, lines } = create();
    log.warn("failed", { error });
    expect(JSON.parse(only(lines)).error).toBe("TypeError: no such host; cause: Error: dns");
  });

  it("shows its stack at level error, where it is a defect", () => {
    const { log, lines } = create();
    log.error("failed", { error });
    expect(JSON.parse(only(lines)).error).toEqual({
      message: "TypeError: no such host; cause: Error: dns",
      stack: error.stack,
    });
  });

  it("shows its stack at every level when debugging", () => {
    const { log, lines } = create({ debug: true });
    log.info("failed", { error });
    expect(JSON.parse(only(lines)).error.stack).toBe(error.stack);
  });

  it("may be its own cause", () => {
    const { log, lines } = create();
    const own = new Error("again");
    own.cause = own;
    log.warn("failed", { error: own });
    expect(JSON.parse(only(lines)).error.match(/again/g)).toHaveLength(6);
  });
});

describe("a log on a terminal", () => {
  it("writes an event as text with its fields behind it", () => {
    const { log, lines } = create({ terminal: true });
    log.warn("careful", { port: 3000, path: "/a b", missing: undefined, key: new Secret("sk-1") });
    expect(only(lines)).toMatch(/^\d\d:\d\d:05\.678 WARN {2}careful port=3000 path="\/a b" key="\*\*\*"$/);
  });

  it("writes a request with what matters first", () => {
    const { log, lines } = create({ terminal: true });
    log.access(RECORD);
    expect(only(lines)).toMatch(
      /INFO {2}POST \/v1\/chat\/completions 200 in 812 ms forward=main group=chat upstream=one attempts=2 reason=reset/,
    );
  });

  it("has colours only when asked for", () => {
    const plain = create({ terminal: true });
    plain.log.error("x");
    const coloured = create({ terminal: true, color: true });
    coloured.log.error("x");
    expect(plain.lines[0]).not.toContain("\u001b[");
    expect(coloured.lines[0]).toContain("\u001b[31mERROR");
  });
});

describe("a line", () => {
  it.each([true, false])("can't be forged by any text in it (terminal: %s)", (terminal) => {
    const text = fc.oneof(
      fc.string({ unit: "binary" }),
      fc.constantFrom(
        "a\tb",
        "a\nb",
        "\r\n",
        "\u001b[2J",
        "\u009b31m",
        "\u2028",
        "\u202e",
        'a" b="c',
        "\u0000",
      ),
    );
    fc.assert(
      fc.property(text, text, text, (message, key, value) => {
        const { log, lines } = create({ terminal });
        log.info(message, { [key]: value });
        log.access({ ...RECORD, path: value, method: message, id: key, client: value });
        expect(lines).toHaveLength(2);
        for (const line of lines) expect(line).not.toMatch(FORGING);
      }),
    );
  });

  it("of level debug is written only when debugging", () => {
    const quiet = create();
    quiet.log.debug("x");
    expect(quiet.lines).toEqual([]);
    const loud = create({ debug: true });
    loud.log.debug("x");
    expect(loud.lines).toHaveLength(1);
  });

  it("goes to the log that it was given to, when there are two in one process", () => {
    const one = create();
    const two = create({ terminal: true, debug: true });
    one.log.info("one");
    two.log.debug("two");
    expect(only(one.lines)).toContain('"msg":"one"');
    expect(only(two.lines)).toMatch(/DEBUG two$/);
  });
});

describe("the access line", () => {
  it("has every field of the record, times in milliseconds and tenths", () => {
    const { log, lines } = create();
    log.access({ ...RECORD, error: "upstream_reset" });
    expect(JSON.parse(only(lines))).toEqual({
      time: "2026-01-02T03:04:05.678Z",
      level: "info",
      msg: "request",
      id: "req-1",
      forward: "main",
      method: "POST",
      path: "/v1/chat/completions",
      status: 200,
      group: "chat",
      upstream: "one",
      attempts: 2,
      reason: "reset",
      error: "upstream_reset",
      ms: 812.3,
      first_byte_ms: 211,
      bytes_in: 10,
      bytes_out: 20,
      client: "203.0.113.7",
    });
  });

  it("leaves out what a refused request has not", () => {
    const { log, lines } = create();
    log.access({
      id: "r",
      forward: "main",
      method: "GET",
      path: "/",
      status: 429,
      attempts: 0,
      error: "rate_limited",
      ms: 0.04,
      bytesIn: 0,
      bytesOut: 0,
    });
    expect(Object.keys(JSON.parse(only(lines)))).toEqual([
      ...["time", "level", "msg", "id", "forward", "method", "path", "status", "attempts", "error", "ms"],
      ...["bytes_in", "bytes_out"],
    ]);
  });

  it.each([true, false])("never shows a query, which may hold a key (terminal: %s)", (terminal) => {
    const { log, lines } = create({ terminal });
    log.access({ ...RECORD, path: "/v1/models?key=sk-1" });
    expect(only(lines)).toContain("/v1/models");
    expect(lines[0]).not.toContain("sk-1");
  });

  it("cuts a path that is too long", () => {
    const { log, lines } = create();
    log.access({ ...RECORD, path: `/${"x".repeat(16_000)}` });
    expect(only(lines).length).toBeLessThan(1500);
  });
});
