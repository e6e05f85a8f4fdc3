import { expect, it, describe as suite } from "vitest";
import { describe, type Failure, toResponse, toSeconds } from "../../src/base/errors.ts";

const upstream = (failure: Extract<Failure, { kind: "upstream" }>["failure"]): Failure => ({
  kind: "upstream",
  failure,
  group: "g",
  upstream: "u",
});

suite("every failure has its status and code", () => {
  it.each<[Failure, number, string]>([
    [{ kind: "bad_request", reason: "x" }, 400, "bad_request"],
    [{ kind: "request_timeout" }, 408, "request_timeout"],
    [{ kind: "body_too_large", limit: 1 }, 413, "body_too_large"],
    [{ kind: "uri_too_long", limit: 1 }, 414, "uri_too_long"],
    [{ kind: "rate_limited", retryAfterMs: 1 }, 429, "rate_limited"],
    [{ kind: "headers_too_large", limit: 1 }, 431, "headers_too_large"],
    [{ kind: "client_closed" }, 499, "client_closed"],
    [{ kind: "write_timeout" }, 499, "client_closed"],
    [{ kind: "internal_error" }, 500, "internal_error"],
    [{ kind: "not_implemented", feature: "x" }, 501, "not_implemented"],
    [
      { kind: "no_upstream_available", group: "g", retryAfterMs: 1, reasons: ["open"] },
      503,
      "no_upstream_available",
    ],
    [{ kind: "loop_detected" }, 508, "loop_detected"],
    [upstream({ kind: "refused", nothingSent: true }), 502, "upstream_unreachable"],
    [upstream({ kind: "dns", nothingSent: true }), 502, "upstream_unreachable"],
    [upstream({ kind: "no_socket", nothingSent: true }), 503, "no_socket"],
    [upstream({ kind: "tls", nothingSent: true }), 502, "upstream_unreachable"],
    [upstream({ kind: "reset", nothingSent: false }), 502, "upstream_reset"],
    [upstream({ kind: "cut" }), 502, "upstream_reset"],
    [upstream({ kind: "bad_response", nothingSent: false }), 502, "upstream_bad_response"],
    [upstream({ kind: "connect_timeout", nothingSent: false }), 504, "upstream_timeout"],
    [upstream({ kind: "request_timeout", nothingSent: false }), 504, "upstream_timeout"],
    [upstream({ kind: "stall" }), 504, "upstream_timeout"],
  ])("%o is %i %s", (failure, status, code) => {
    expect(describe(failure)).toMatchObject({ status, code });
  });
});

suite("an answer of the proxy's own", () => {
  it("is JSON in OpenAI's error shape, with its code as a header", async () => {
    const response = toResponse({
      kind: "no_upstream_available",
      group: "g",
      retryAfterMs: 1500,
      reasons: ["limited", "open", "limited"],
    });
    const text = await response.clone().text();
    expect(response.status).toBe(503);
    expect(Object.fromEntries(response.headers)).toEqual({
      "content-type": "application/json",
      "content-length": String(new TextEncoder().encode(text).byteLength),
      "x-llmproxy-error": "no_upstream_available",
      "retry-after": "2",
    });
    expect(JSON.parse(text)).toEqual({
      error: {
        message: 'No upstream of group "g" is available: 2 limited, 1 open.',
        type: "server_error",
        code: "no_upstream_available",
        param: null,
      },
    });
  });

  it.each<[Failure, string]>([
    [{ kind: "bad_request", reason: "x" }, "invalid_request_error"],
    [{ kind: "rate_limited", retryAfterMs: 1 }, "rate_limit_error"],
    [{ kind: "internal_error" }, "server_error"],
  ])("has OpenAI's type for %o", async (failure, type) => {
    expect(await toResponse(failure).json()).toMatchObject({ error: { type } });
  });

  it("names the group and the upstream of a failure", () => {
    expect(describe(upstream({ kind: "refused", nothingSent: true })).message).toBe(
      'Upstream "u" of group "g" refused the connection.',
    );
  });

  it("says what is wrong with an answer that can't be passed on, where that is known", () => {
    const bad = { kind: "bad_response", nothingSent: false } as const;
    const messages = [upstream(bad), upstream({ ...bad, detail: "status 700" })].map(
      (one) => describe(one).message,
    );
    expect(messages).toEqual([
      'Upstream "u" of group "g" gave an answer that can\'t be passed on: it is not HTTP.',
      'Upstream "u" of group "g" gave an answer that can\'t be passed on: status 700.',
    ]);
  });

  it("never asks to come back in less than a second, nor too early", () => {
    expect([0, 1, 1000, 1001].map(toSeconds)).toEqual([1, 1, 1, 2]);
  });
});
