import { readFileSync } from "node:fs";
import { join } from "node:path";
import { Ajv2020 } from "ajv/dist/2020.js";
import type * as v from "valibot";
import { describe, expect, expectTypeOf, it } from "vitest";
import { parse } from "yaml";
import { readConfigComments } from "../../scripts/config-comments.ts";
import { createConfigObject } from "../../scripts/config-object.ts";
import { createConfigSchema, type Json } from "../../scripts/json-schema.ts";
import type { ConfigObject } from "../../src/config/config-object.ts";
import type { configSchema } from "../../src/config/schema.ts";
import { configWith, load, type Parts } from "./support.ts";

const root = join(import.meta.dirname, "../..");
const read = (path: string): string => readFileSync(join(root, path), "utf8");
const defaultFile = read("config.default.yaml");
const checkedIn: Json = JSON.parse(read("config.schema.json"));

const validate = new Ajv2020({ allowUnionTypes: true, strictRequired: false, allErrors: true }).compile(
  checkedIn,
);

/** What an editor would underline: `path: message`. */
function underlined(text: string): readonly string[] {
  validate(parse(text, { merge: true }));
  return (validate.errors ?? []).map(({ instancePath, message }) => `${instancePath}: ${message}`);
}

/** What the program and an editor both take. */
const RIGHT: readonly (readonly [string, Parts])[] = [
  ["a reference in place of a word", { upstream: "path: '${MODE:-fixed}'" }],
  [
    "a reference in a URL",
    { group: "balance: {strategy: failover}", client: "proxy: {url: 'http://${H:-h}:1'}" },
  ],
  ["keys without a value", { forward: "port: , ratelimit: , timeout: {idle: }", upstream: "path: , auth: " }],
  ["a size as a number", { top: "buffer_limit: 0" }],
  ["a size with a unit", { forward: "max_body_size: 1GiB" }],
  ["a block that is off and not complete", { client: "proxy: {enabled: false}" }],
  ["a header that is removed, without a value", { upstream: "headers: [{op: remove, key: cookie}]" }],
  ["basic authentication", { upstream: "auth: {type: basic, username: u, password: p}" }],
  ["anchors below x-", { top: "x-anchors: {any: [thing]}" }],
  ["the other name of stream_mode", { client: "stream: false" }],
  ["a client per upstream, of older files", { upstream: "http_client: {any: thing}" }],
];

/** What neither takes, and the place that is underlined. */
const WRONG: readonly (readonly [string, Parts, string])[] = [
  ["a number above its range", { forward: "port: 65536" }, "/http_server/forwards/0/port"],
  ["a number below its range", { client: "timeout: {first_token: 0.05}" }, "/timeout/first_token"],
  ["a fraction of a whole number", { forward: "port: 1.5" }, "/http_server/forwards/0/port"],
  ["a number in quotes", { forward: "port: '80'" }, "/http_server/forwards/0/port"],
  ["an unknown key", { forward: "prot: 80" }, "/http_server/forwards/0"],
  ["an unknown key at the top", { top: "upstream: []" }, ":"],
  ["an unknown word", { group: "balance: {strategy: round_robin}" }, "/balance/strategy"],
  ["a map in place of a list", { forward: "routing: {}" }, "/routing"],
  ["a value in place of a map", { forward: "timeout: 5" }, "/timeout"],
  ["a value in place of a text", { upstream: "auth: {type: bearer, token: 12345}" }, "/auth/token"],
  ["an empty name", { top: "x-a: 1", forward: "routing: [{path: /x, target_group: ' '}]" }, "/target_group"],
  ["a size in another unit", { forward: "max_body_size: 64MB" }, "/max_body_size"],
  ["a size below its range", { forward: "max_body_size: 0" }, "/max_body_size"],
  ["bearer without a token", { upstream: "auth: {type: bearer}" }, "/upstreams/0/auth"],
  ["basic without a password", { upstream: "auth: {type: basic, username: u}" }, "/upstreams/0/auth"],
  ["a colon in a user name", { upstream: "auth: {type: basic, username: 'a:b', password: p}" }, "/username"],
  ["a header that is set to nothing", { upstream: "headers: [{op: insert, key: a}]" }, "/headers/0"],
  ["a header of another name", { upstream: "headers: [{op: remove, key: 'a b'}]" }, "/headers/0/key"],
  ["a route without a group", { forward: "routing: [{path: /x}]" }, "/routing/0"],
  [
    "a prefix that is no path",
    { forward: "routing: [{path: /x, target_group: pool, strip_prefix: x}]" },
    "/strip_prefix",
  ],
  ["an outbound proxy without a URL", { client: "proxy: {enabled: true}" }, "/http_client/proxy"],
  ["a URL of another scheme", { client: "proxy: {url: 'socks5://h'}" }, "/proxy/url"],
  ["both names of one key", { forward: "default_group: pool" }, "/http_server/forwards/0"],
  ["both names of stream_mode", { client: "stream: true, stream_mode: true" }, "/http_client"],
];

describe("config.schema.json", () => {
  it("is current: `npm run schema` writes it", () => {
    expect(checkedIn).toEqual(JSON.parse(JSON.stringify(createConfigSchema(defaultFile))));
  });

  it("is named in the first line of config.default.yaml", () => {
    expect(defaultFile.split("\n")[0]).toBe("# yaml-language-server: $schema=./config.schema.json");
  });

  it("describes every option as config.default.yaml does", () => {
    const { commentOf } = readConfigComments(defaultFile);
    const undescribed: string[] = [];
    let described = 0;
    const visit = (part: Json, path: string): void => {
      for (const [key, inner] of Object.entries((part["properties"] ?? {}) as Record<string, Json>)) {
        const own = path === "" ? key : `${path}.${key}`;
        const isBlock = "properties" in inner || "items" in inner;
        if (!isBlock && typeof inner["description"] !== "string") undescribed.push(own);
        if (commentOf(own) !== "" && inner["description"] === commentOf(own)) described += 1;
        visit((inner["items"] ?? inner) as Json, "items" in inner ? `${own}[]` : own);
      }
    };
    visit(checkedIn, "");
    expect(undescribed).toEqual([]);
    expect(described).toBeGreaterThan(70);
  });

  it("has nothing of the program's own marks", () => {
    expect(JSON.stringify(checkedIn)).not.toMatch(
      /"(?:secret|switchable|aliasOf|freePrefix|variants|oneOf)":/,
    );
  });

  it.each([
    ["config.default.yaml", defaultFile],
    ["config.default.yaml with all that it leaves out", readConfigComments(defaultFile).complete],
    ["a file of the older generation", read("test/config/fixtures/older.yaml")],
    ["a file of the newer generation", read("test/config/fixtures/newer.yaml")],
  ])("takes %s", (_, text) => {
    expect(underlined(text)).toEqual([]);
  });

  it.each(RIGHT)("takes what the program takes: %s", async (_, parts) => {
    const text = configWith(parts);
    expect((await load(text)).errors).toEqual([]);
    expect(underlined(text)).toEqual([]);
  });

  it.each(WRONG)("underlines what the program refuses: %s", async (_, parts, place) => {
    const text = configWith(parts);
    expect((await load(text)).errors).not.toEqual([]);
    expect(underlined(text).join("\n")).toContain(place);
  });

  it("takes a reference in place of a number, and of true or false", async () => {
    const text = `${configWith({}).replace(/^http_server:\n.*\n/m, "")}
http_server:
  forwards:
    - name: front
      upstream_group: pool
      port: \${PORT:-1}
      ratelimit:
        enabled: \${LIMIT:-false}
`;
    expect((await load(text)).errors).toEqual([]);
    expect(underlined(text)).toEqual([]);
  });

  it("wants a forward to have a group, by either name", async () => {
    const text = configWith({});
    expect(underlined(text.replace("upstream_group:", "default_group:"))).toEqual([]);
    const without = text.replace(", upstream_group: pool", "");
    expect((await load(without)).errors).not.toEqual([]);
    expect(underlined(without).join("\n")).toContain("/http_server/forwards/0");
  });
});

/** With every key there. */
type Complete<T> = T extends readonly (infer Item)[]
  ? readonly Complete<Item>[]
  : T extends object
    ? { readonly [Key in keyof T]-?: Complete<Exclude<T[Key], undefined>> }
    : T;

describe("the type of a config as an object", () => {
  it("is current: `npm run schema` writes it", () => {
    // Without what the formatter adds.
    const bare = (text: string): string => text.replace(/[\s|]/g, "");
    expect(bare(read("src/config/config-object.ts"))).toBe(bare(createConfigObject(checkedIn)));
  });

  it("has the keys and types of the program's schema", () => {
    expectTypeOf<Complete<v.InferInput<typeof configSchema>>>().toExtend<Complete<ConfigObject>>();
  });
});
