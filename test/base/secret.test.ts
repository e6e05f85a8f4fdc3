import { describe, expect, it } from "vitest";
import { hideKeys, Secret } from "../../src/base/secret.ts";

describe("a text for an operator", () => {
  it.each([
    "sk-proj-abcdefgh",
    "pk_live_abcdefgh",
    "0123456789abcdef0123456789abcdef",
    "AKIAIOSFODNN7EXAMPLE",
    "6f9619ff-8b86-d011-b42d-00cf4fc964ff",
    "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2ln",
    "abcdefghijklmnopqrstuvwxyzabcdefgh",
  ])("shows no key: %s", (key) => {
    expect(hideKeys(`found "${key}", expected a number`)).toBe('found "***", expected a number');
    expect(hideKeys(`/etc/${key}/x`)).toBe("/etc/***/x");
  });

  it.each([
    'found "round_robin", expected one of weighted_roundrobin, least_requests',
    'found "gpt-4.1-mini-2025-04-14", expected the name of an upstream group',
    'found "https://api.openai.azure.com:8443/v1", expected a number',
    'found "2001:db8:1234:5678:9abc:def0:1234:5678"',
    "upstream_groups[0].http_client.timeout.first_token: circuitbreaker_state_changes_total",
    "llmproxy: unknown argument --print-deno-permissions",
  ])("shows what is none: %s", (text) => {
    expect(hideKeys(text)).toBe(text);
  });

  it("takes a long text without taking long", () => {
    const text = "a_b-c.".repeat(50_000);
    const began = performance.now();
    expect(hideKeys(text)).toBe(text);
    expect(performance.now() - began).toBeLessThan(500);
  });
});

describe("a secret", () => {
  it("shows as *** in every way of printing", () => {
    const secret = new Secret("s3cret");
    expect([`${secret}`, JSON.stringify({ secret }), String(secret)]).toEqual([
      "***",
      '{"secret":"***"}',
      "***",
    ]);
    expect(Object.values(secret)).toEqual([]);
    expect(secret.reveal()).toBe("s3cret");
  });
});
