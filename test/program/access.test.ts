import { describe, expect, it } from "vitest";
import type { Config } from "../../src/config/config.ts";
import { loadConfig } from "../../src/config/load.ts";
import { connectsOf, listensOf, recordReads } from "../../src/program/access.ts";
import { configWith, type Surroundings } from "../config/support.ts";

const FILE = "/etc/llmproxy/config.yaml";

async function accessOf(text: string, { env = {}, files = {} }: Surroundings = {}) {
  const all: Readonly<Record<string, string>> = { ...files, [FILE]: text };
  const reads = recordReads({
    readTextFile: async (path) => all[path] ?? Promise.reject(new Error("no such file")),
    env: (name) => env[name],
  });
  const { config, errors } = await loadConfig(FILE, reads);
  expect(errors).toEqual([]);
  if (config === undefined) throw new Error("no config");
  return { ...reads.asked(), ...endsOf(config) };
}

const endsOf = (config: Config) => ({
  listens: listensOf(config).map(({ host, port }) => `${host} ${port}`),
  connects: connectsOf(config).map(({ host, port }) => `${host} ${port}`),
});

describe("what a configuration makes the program touch", () => {
  it("is its listeners, its upstreams and its own file", async () => {
    const text = configWith({ forward: 'address: "::1", port: 3001', server: "admin: {port: 9001}" });
    expect(await accessOf(text)).toEqual({
      listens: ["::1 3001", "0.0.0.0 9001"],
      connects: ["127.0.0.1 8001"],
      files: [FILE],
      variables: ["LLMPROXY_ADMIN_AUTH_TOKEN"],
    });
  });

  it.each([
    ["https://api.example/v1", "api.example 443"],
    ["http://api.example", "api.example 80"],
    ["https://api.example:8443", "api.example 8443"],
    ["http://[2001:db8::1]:81/v1", "2001:db8::1 81"],
  ])("is a port even where %s names none", async (url, end) => {
    const { connects } = await accessOf(configWith({}).replace("http://127.0.0.1:8001/v1", url));
    expect(connects).toEqual([end]);
  });

  it("is an outbound proxy in place of the upstreams behind it", async () => {
    const { connects } = await accessOf(
      configWith({ client: 'proxy: {url: "http://u:p@proxy.example:3128"}' }),
    );
    expect(connects).toEqual(["proxy.example 3128"]);
  });

  it("is the files and variables that references name, with and without defaults", async () => {
    const upstream = `auth: {type: bearer, token: "\${file:keys/one}"}, headers: [{op: insert, key: a, value: "\${A}\${B:-b}"}]`;
    const { files, variables } = await accessOf(configWith({ upstream }), {
      env: { A: "a" },
      files: { "/etc/llmproxy/keys/one": "sk" },
    });
    expect(files).toEqual([FILE, "/etc/llmproxy/keys/one"]);
    expect(variables).toEqual(["A", "B"]);
  });

  it("is not an upstream that no group uses", async () => {
    const text = configWith({}).replace(
      "upstreams:\n",
      "upstreams:\n  - { name: unused, url: 'http://unused.example' }\n",
    );
    expect((await accessOf(text)).connects).toEqual(["127.0.0.1 8001"]);
  });
});
