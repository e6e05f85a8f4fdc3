import { describe, expect, it } from "vitest";
import { Secret } from "../../src/base/secret.ts";
import type { HeaderRule, UpstreamAuth, UpstreamConfig } from "../../src/config/config.ts";
import { createSendsOwnCredentials } from "../../src/message/credentials.ts";
import { answerHeaders, createRequestHeaders } from "../../src/message/headers.ts";

const via = { peer: "192.0.2.7", trusted: false, protocol: "http", pseudonym: "llmproxy-a" } as const;

function upstream(auth: UpstreamAuth, headers: readonly HeaderRule[] = []): UpstreamConfig {
  return { name: "u", url: "http://u", path: "join", auth, headers };
}

function sent(
  config: UpstreamConfig,
  headers: Record<string, string>,
  {
    identity = false,
    ...options
  }: Partial<Parameters<ReturnType<typeof createRequestHeaders>>[0]> & { readonly identity?: boolean } = {},
): Record<string, string> {
  const make = createRequestHeaders(config, "LLMProxy/1.0");
  const client = new Headers(headers);
  const own = createSendsOwnCredentials(config)(client);
  return Object.fromEntries(make({ id: "r1", headers: client, via, ...options }, identity, own));
}

const none = upstream({ type: "none" });
const bearer = upstream({ type: "bearer", token: new Secret("k") });

describe("a request's header fields", () => {
  it("lose what concerns the client's connection only, named in Connection or not", () => {
    const headers = sent(none, {
      connection: "keep-alive, X-Hop",
      "x-hop": "1",
      "keep-alive": "timeout=5",
      te: "trailers",
      trailer: "x",
      upgrade: "h2c",
      "proxy-authorization": "Basic x",
      "proxy-connection": "close",
      "x-stays": "1",
    });
    expect(headers).toEqual({
      "user-agent": "LLMProxy/1.0",
      "x-stays": "1",
      "x-forwarded-for": "192.0.2.7",
      "x-forwarded-proto": "http",
      "x-request-id": "r1",
      via: "1.1 llmproxy-a",
    });
  });

  it("say in Via through whom they came, whatever Connection names, unless a rule takes it out", () => {
    expect(sent(none, { via: "1.0 fred", connection: "via" })["via"]).toBe("1.0 fred, 1.1 llmproxy-a");
    const without = upstream({ type: "none" }, [{ op: "remove", key: "via" }]);
    expect(sent(without, { via: "1.0 fred" })["via"]).toBeUndefined();
  });

  it("ask once for an unencoded answer where it may have to be read", () => {
    const make = createRequestHeaders(none, "agent");
    const encodings = (identity: boolean) =>
      make({ id: "r1", headers: new Headers({ "accept-encoding": "gzip" }), via }, identity, false)
        .filter(([name]) => name === "accept-encoding")
        .map(([, value]) => value);
    expect(encodings(true)).toEqual(["identity"]);
    expect(encodings(false)).toEqual(["gzip"]);
  });

  it("have one value where a rule replaces what was written before it, first or last", () => {
    const replaced = (key: string) => {
      const rule = { op: "replace", key, value: new Secret("new") } as const;
      const make = createRequestHeaders(
        upstream({ type: "bearer", token: new Secret("k") }, [rule]),
        "agent",
      );
      const pairs = make({ id: "r1", headers: new Headers({ a: "1" }), via }, false, true);
      return pairs.filter(([name]) => name === key).map(([, value]) => value);
    };
    for (const key of ["user-agent", "a", "authorization", "absent"]) expect(replaced(key)).toEqual(["new"]);
  });

  it("carry the group's agent in place of the client's", () => {
    expect(sent(none, { "user-agent": "curl/8" })["user-agent"]).toBe("LLMProxy/1.0");
  });

  it("keep the client's credentials when the upstream has no auth", () => {
    const headers = sent(none, {
      authorization: "Bearer c",
      "x-api-key": "c",
      "api-key": "c",
      "x-goog-api-key": "c",
    });
    expect(headers).toMatchObject({
      authorization: "Bearer c",
      "x-api-key": "c",
      "api-key": "c",
      "x-goog-api-key": "c",
    });
  });

  it("lose the client's credentials when the upstream has auth", () => {
    const headers = sent(bearer, {
      authorization: "Bearer c",
      "x-api-key": "c",
      "api-key": "c",
      "x-goog-api-key": "c",
    });
    expect(headers["authorization"]).toBe("Bearer k");
    expect(headers).not.toHaveProperty("x-api-key");
    expect(headers).not.toHaveProperty("api-key");
    expect(headers).not.toHaveProperty("x-goog-api-key");
  });

  it("carry basic credentials as UTF-8", () => {
    const auth: UpstreamAuth = { type: "basic", username: "üser", password: new Secret("p:w") };
    expect(sent(upstream(auth), {})["authorization"]).toBe(
      `Basic ${Buffer.from("üser:p:w").toString("base64")}`,
    );
  });

  it("follow the rules in order after auth", () => {
    const value = (text: string): Secret => new Secret(text);
    const rules: HeaderRule[] = [
      { op: "insert", key: "x-a", value: value("inserted") },
      { op: "insert", key: "x-b", value: value("inserted") },
      { op: "replace", key: "x-c", value: value("replaced") },
      { op: "remove", key: "x-d" },
      { op: "remove", key: "authorization" },
      { op: "replace", key: "x-api-key", value: value("mine") },
    ];
    const headers = sent(upstream({ type: "bearer", token: value("k") }, rules), {
      "x-a": "c",
      "x-c": "c",
      "x-d": "c",
    });
    expect(headers).toMatchObject({ "x-a": "c", "x-b": "inserted", "x-c": "replaced", "x-api-key": "mine" });
    expect(headers).not.toHaveProperty("x-d");
    expect(headers).not.toHaveProperty("authorization");
  });

  it("drop what an untrusted peer says it forwards for", () => {
    const headers = sent(none, {
      host: "api.example",
      forwarded: "for=1.1.1.1",
      "x-forwarded-for": "1.1.1.1",
      "x-forwarded-proto": "https",
      "x-forwarded-host": "evil",
    });
    expect(headers).toMatchObject({
      "x-forwarded-for": "192.0.2.7",
      "x-forwarded-proto": "http",
      "x-forwarded-host": "api.example",
    });
    expect(headers).not.toHaveProperty("forwarded");
    expect(headers).not.toHaveProperty("host");
  });

  it("append to what a trusted peer says", () => {
    const headers = sent(
      none,
      {
        host: "inner",
        forwarded: "for=1.1.1.1",
        "x-forwarded-for": "1.1.1.1",
        "x-forwarded-proto": "https",
        "x-forwarded-host": "outer",
      },
      { via: { ...via, trusted: true } },
    );
    expect(headers).toMatchObject({
      forwarded: "for=1.1.1.1",
      "x-forwarded-for": "1.1.1.1, 192.0.2.7",
      "x-forwarded-proto": "https",
      "x-forwarded-host": "outer",
    });
  });

  it("ask for what the client asked for, and for identity where the answer may be looked into", () => {
    expect(sent(none, { "accept-encoding": "gzip, br" })["accept-encoding"]).toBe("gzip, br");
    expect(sent(none, {})).not.toHaveProperty("accept-encoding");
    expect(sent(none, { "accept-encoding": "gzip" }, { identity: true })["accept-encoding"]).toBe("identity");
  });
});

describe("an answer's header fields", () => {
  it("lose what concerns the upstream's connection only and keep the rest, several set-cookie included", () => {
    const headers = new Headers([
      ["connection", "X-Hop"],
      ["x-hop", "1"],
      ["transfer-encoding", "chunked"],
      ["content-encoding", "gzip"],
      ["content-length", "3"],
      ["set-cookie", "a=1"],
      ["set-cookie", "b=2"],
    ]);
    expect(answerHeaders(headers)).toEqual([
      ["content-encoding", "gzip"],
      ["content-length", "3"],
      ["set-cookie", "a=1"],
      ["set-cookie", "b=2"],
    ]);
  });
});
