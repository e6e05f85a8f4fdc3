import { describe, expect, it } from "vitest";
import * as errors from "../../src/base/errors.ts";
import { read } from "./documents.ts";
import { parseMarkdown } from "./markdown.ts";

/** One of each kind; the compiler asks for those that are missing. */
type Samples<T extends { readonly kind: string }> = { readonly [K in T["kind"]]: T };

const upstream: Samples<errors.UpstreamFailure> = {
  refused: { kind: "refused", nothingSent: true },
  no_socket: { kind: "no_socket", nothingSent: true },
  dns: { kind: "dns", nothingSent: true },
  tls: { kind: "tls", nothingSent: true },
  connect_timeout: { kind: "connect_timeout", nothingSent: true },
  reset: { kind: "reset", nothingSent: false },
  stale_connection: { kind: "stale_connection", nothingSent: false },
  bad_response: { kind: "bad_response", nothingSent: false },
  request_timeout: { kind: "request_timeout", nothingSent: false },
  cut: { kind: "cut" },
  stall: { kind: "stall" },
  first_token_timeout: { kind: "first_token_timeout" },
};

const own: Samples<errors.ProxyFailure | errors.ClientFailure> = {
  bad_request: { kind: "bad_request", reason: "because" },
  request_timeout: { kind: "request_timeout" },
  body_too_large: { kind: "body_too_large", limit: 1 },
  uri_too_long: { kind: "uri_too_long", limit: 1 },
  headers_too_large: { kind: "headers_too_large", limit: 1 },
  rate_limited: { kind: "rate_limited", retryAfterMs: 1 },
  not_implemented: { kind: "not_implemented", feature: "TRACE" },
  no_upstream_available: { kind: "no_upstream_available", group: "g", retryAfterMs: 1, reasons: ["full"] },
  loop_detected: { kind: "loop_detected" },
  internal_error: { kind: "internal_error" },
  client_closed: { kind: "client_closed" },
  write_timeout: { kind: "write_timeout" },
};

const failures: readonly errors.Failure[] = [
  ...Object.values(own),
  ...Object.values(upstream).map((failure) => ({
    kind: "upstream" as const,
    failure,
    group: "g",
    upstream: "u",
  })),
];
const codes = new Map(
  failures.map(errors.describe).map(({ status, code }) => [`${status} ${code}`, { status, code }]),
);

/** Label values: kinds of failures, and the constants beside them. */
const constants = Object.values(errors).filter((value) => typeof value === "string");
const labels = new Set([...Object.keys(upstream), "write_timeout", ...constants]);

const text = read("docs/troubleshooting.md");
const { headings } = parseMarkdown(text);

describe("docs/troubleshooting.md", () => {
  it("has samples to look at", () => {
    expect(codes.size).toBeGreaterThan(12);
    expect(constants.length).toBeGreaterThan(3);
  });

  it.each([...codes.values()])(
    "says of $status $code what it means and what to look at",
    ({ status, code }) => {
      expect(headings).toContain(code);
      expect(text).toMatch(new RegExp(`^\\| ${status} \\| \\[${code}\\]\\(#${code}\\) \\| \\S`, "m"));
    },
  );

  it.each([...labels])("says of the reason %s what it means and what to look at", (label) => {
    expect(headings.some((heading) => heading.split(" ")[0] === label)).toBe(true);
  });

  it("has no section for a code or reason that there is none of", () => {
    const sections = headings.filter((heading) => /^[a-z]+(_[a-z0-9]+)*( of an upstream)?$/.test(heading));
    const known = new Set([...labels, ...[...codes.values()].map(({ code }) => code)]);
    expect(sections.length).toBeGreaterThan(20);
    expect(sections.filter((heading) => !known.has(heading.split(" ")[0] ?? ""))).toEqual([]);
  });

  it("has the admin port's codes", () => {
    const own = [...read("src/admin/app.ts").matchAll(/refuse\(c, (\d+), "(\w+)"/g)];
    expect(own.length).toBeGreaterThan(3);
    for (const [, status, code] of own)
      expect(text).toMatch(new RegExp(`^\\| ${status} \\| ${code} \\| \\S`, "m"));
  });
});
