import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Secret } from "../../src/base/secret.ts";
import type { HeaderRule, UpstreamConfig } from "../../src/config/config.ts";
import {
  clientCredential,
  createSendsOwnCredentials,
  withoutCredentials,
} from "../../src/message/credentials.ts";
import { createRequestHeaders } from "../../src/message/headers.ts";

const via = { peer: "192.0.2.7", trusted: false, protocol: "http", pseudonym: "llmproxy-a" } as const;
const FIELDS = ["authorization", "x-api-key", "api-key", "x-goog-api-key"];

function upstream(more: Partial<UpstreamConfig> = {}): UpstreamConfig {
  return { name: "u", url: "http://u", path: "join", auth: { type: "none" }, headers: [], ...more };
}

const set = (op: "insert" | "replace", key: string): HeaderRule => ({ op, key, value: new Secret("own") });
const remove = (key: string): HeaderRule => ({ op: "remove", key });
const bearer = { type: "bearer", token: new Secret("own") } as const;

function sends(config: UpstreamConfig, headers: Record<string, string> = {}): boolean {
  return createSendsOwnCredentials(config)(new Headers(headers));
}

/** The credentials that an upstream gets: fields, then subprotocols. */
function got(config: UpstreamConfig, client: Record<string, string>): Record<string, string> {
  const headers = new Headers(client);
  const own = createSendsOwnCredentials(config)(headers);
  const pairs = createRequestHeaders(config, "agent")({ id: "r", headers, via }, false, own);
  return Object.fromEntries(pairs.filter(([name]) => [...FIELDS, "sec-websocket-protocol"].includes(name)));
}

describe("the proxy's own credentials", () => {
  it("are sent with auth, with a rule that replaces a credential, and with one in the URL's query", () => {
    expect(sends(upstream())).toBe(false);
    expect(sends(upstream({ auth: bearer }))).toBe(true);
    for (const key of FIELDS)
      expect(sends(upstream({ headers: [set("replace", key)] }), { [key]: "c" })).toBe(true);
    expect(sends(upstream({ url: "http://u/v1?api-version=1&key=own" }), { authorization: "Bearer c" })).toBe(
      true,
    );
  });

  it.each([
    ["another field", [set("replace", "x-team"), set("insert", "cookie")], false],
    ["a field that is only removed", [remove("authorization")], false],
    ["a field that is removed at last", [set("replace", "x-api-key"), remove("x-api-key")], false],
    ["a field that is set after it is removed", [remove("x-api-key"), set("insert", "x-api-key")], true],
    [
      "a field that is inserted and then replaced",
      [set("insert", "api-key"), set("replace", "api-key")],
      true,
    ],
  ] as const)("with rules for %s", (_, headers, own) => {
    expect(sends(upstream({ headers }), { "x-api-key": "c" })).toBe(own);
  });

  describe("inserted by a rule", () => {
    const inserts = upstream({ headers: [set("insert", "authorization")] });

    it("give way to the client's own in that field", () => {
      const client = { authorization: "Bearer c", "x-api-key": "c" };
      expect(sends(inserts, client)).toBe(false);
      expect(got(inserts, client)).toEqual(client);
    });

    it("give way to the client's own in one of several fields, with none inserted beside it", () => {
      const both = upstream({ headers: [set("insert", "authorization"), set("insert", "x-api-key")] });
      expect(got(both, { "x-api-key": "c" })).toEqual({ "x-api-key": "c" });
      expect(got(both, {})).toEqual({ authorization: "own", "x-api-key": "own" });
    });

    it.each([
      ["nothing", {}],
      ["an empty one", { authorization: "Bearer " }],
      ["one in another field", { "x-api-key": "c" }],
      ["one among its subprotocols", { "sec-websocket-protocol": "openai-insecure-api-key.c" }],
    ])("are sent, and alone, when the client brings %s", (_, client) => {
      expect(sends(inserts, client)).toBe(true);
      expect(got(inserts, client)).toEqual({ authorization: "own" });
    });
  });

  it("take the place of all the client's", () => {
    const client = {
      ...Object.fromEntries(FIELDS.map((name) => [name, "c"])),
      "sec-websocket-protocol": "realtime, openai-insecure-api-key.c, xai-client-secret.c, rt_c",
    };
    const rest = { "sec-websocket-protocol": "realtime" };
    expect(got(upstream({ auth: bearer }), client)).toEqual({ ...rest, authorization: "Bearer own" });
    for (const key of FIELDS) {
      expect(got(upstream({ headers: [set("replace", key)] }), client)).toEqual({ ...rest, [key]: "own" });
    }
  });
});

describe("a query without credentials", () => {
  it.each([
    ["", ""],
    ["?", "?"],
    ["?alt=sse", "?alt=sse"],
    ["?key=c", ""],
    ["?key=c&alt=sse", "?alt=sse"],
    ["?alt=sse&key=c", "?alt=sse"],
    ["?a=%20+&key=c&b=%C3%BC&key=d&&c", "?a=%20+&b=%C3%BC&&c"],
    ["?key", ""],
    ["?key=", ""],
    ["?key=a=b&x=key=c", "?x=key=c"],
    ["?%6bey=c&%6B%65%79=c&ke%79=c", ""],
    ["?KEY=c&Api-Key=c&api%2Dkey=c&access_token=c&oauth_token=c&subscription-key=c", ""],
    ["?api_key=c&apikey=c&x-api-key=c&my_api_key=c", "?my_api_key=c"],
    ["?monkey=c&keys=c&key2=c&my-key=c&api_key_name=c", "?monkey=c&keys=c&key2=c&my-key=c&api_key_name=c"],
    ["?%zzkey=c&%=c&%6=c&key%=c", "?%zzkey=c&%=c&%6=c&key%=c"],
    ["?%256bey=c", "?%256bey=c"],
    ["??key=c", "??key=c"],
    ["?api-version=2024-10-01&deployment=gpt&api-key=c", "?api-version=2024-10-01&deployment=gpt"],
  ])("%s is %s", (query, expected) => {
    expect(withoutCredentials(query)).toBe(expected);
  });

  it("keeps every other byte, in order, and has no credential left", () => {
    const encoded = (name: string): fc.Arbitrary<string> =>
      fc
        .array(fc.constantFrom("as is", "lower", "upper", "capital"), {
          minLength: name.length,
          maxLength: name.length,
        })
        .map((ways) =>
          [...name]
            .map((letter, i) => {
              const hex = `%${letter.charCodeAt(0).toString(16)}`;
              const written = {
                lower: hex.toLowerCase(),
                upper: hex.toUpperCase(),
                capital: letter.toUpperCase(),
              };
              return ways[i] === undefined || ways[i] === "as is" ? letter : written[ways[i] as "lower"];
            })
            .join(""),
        );
    const value = fc.stringMatching(/^(?:=[\w%.~+=/?-]{0,9})?$/);
    const secret = fc.tuple(fc.constantFrom("key", "api-key", "access_token").chain(encoded), value);
    const other = fc.tuple(fc.stringMatching(/^(?:x[\w%.~+/?-]{0,9}|monkey|keys|)$/), value);
    const parts = fc.array(
      fc.oneof(
        secret.map(([name, rest]) => ({ text: name + rest, kept: false })),
        other.map(([name, rest]) => ({ text: name + rest, kept: true })),
      ),
      { minLength: 1, maxLength: 8 },
    );
    fc.assert(
      fc.property(parts, (all) => {
        const kept = all.filter((part) => part.kept).map(({ text }) => text);
        const query = `?${all.map(({ text }) => text).join("&")}`;
        const expected = kept.length === 0 ? "" : `?${kept.join("&")}`;
        expect(withoutCredentials(query)).toBe(expected);
        expect(withoutCredentials(expected)).toBe(expected);
      }),
    );
  });

  it("never throws, and only ever takes parameters out", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), (text) => {
        const left = withoutCredentials(`?${text}`).slice(1).split("&");
        const all = text.split("&");
        for (const pair of left) if (pair !== "") expect(all).toContain(pair);
      }),
    );
  });
});

describe("a client's credential", () => {
  it("is one text of all that it brings, and differs with each", () => {
    const brought = [
      ...FIELDS.map((name) => clientCredential(new Headers({ [name]: "c" }), "")),
      clientCredential(new Headers(), "?key=c"),
      clientCredential(new Headers(), "?key=d"),
      clientCredential(new Headers({ "sec-websocket-protocol": "realtime, openai-insecure-api-key.c" }), ""),
      clientCredential(new Headers({ authorization: "c" }), "?key=c"),
    ];
    expect(brought).not.toContain(undefined);
    expect(new Set(brought).size).toBe(brought.length);
  });

  it("does not depend on what else is asked for", () => {
    const one = clientCredential(new Headers({ authorization: "Bearer c", accept: "a" }), "?alt=sse&key=c");
    const other = clientCredential(new Headers({ authorization: "Bearer c" }), "?key=c&limit=2");
    expect(one).toBe(other);
  });

  it("is undefined when there is none", () => {
    const empty = new Headers({
      authorization: "Bearer",
      "x-api-key": "",
      "sec-websocket-protocol": "realtime",
    });
    expect(clientCredential(new Headers(), "")).toBeUndefined();
    expect(clientCredential(empty, "?alt=sse&key=&monkey=1")).toBeUndefined();
  });
});
