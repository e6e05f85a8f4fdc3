import { describe, expect, it } from "vitest";
import { formatDiagnostic } from "../../src/config/load.ts";
import { configWith, load } from "./support.ts";

/** What must not be seen wherever it is written wrongly. */
const SECRET = "hunter2-the-secret";

const WRONG: readonly string[] = [
  `auth: {type: bearer, token: "${SECRET}\\n"}`,
  `auth: {type: bearer, token: ["${SECRET}"]}`,
  `auth: {type: bearer, token: {${SECRET}: 1, x: "${SECRET}"}}`.replace(`${SECRET}: 1, `, ""),
  `auth: {type: none, token: "${SECRET}"}`,
  `auth: "${SECRET}"`,
  `auth: {type: basic, username: u, password: "${SECRET}\\0"}`,
  `headers: [{op: insert, key: a, value: "${SECRET}\\r"}]`,
  `headers: ["${SECRET}"]`,
  `headers: "${SECRET}"`,
  `auth: {type: bearer, token: "\${S}"}`,
  `auth: {type: bearer, token: "\${NOT_SET_AT_ALL}\${S}"}`,
  `auth: {type: bearer, token: "\${NOPE:-${SECRET}\\n}"}`,
  `breaker: {threshold: "\${S}"}`,
  `max_in_flight: "\${S}"`,
  `max_in_flight: "\${NOPE:-${SECRET}}"`,
  `path: "\${S}"`,
  `tls: {ca: "-----BEGIN X-----\\n${SECRET}"}`,
];

describe("a secret", () => {
  it.each(WRONG)("is not shown by what is wrong about `%s`", async (upstream) => {
    const { errors, warnings } = await load(configWith({ upstream }), { env: { S: `${SECRET}\n` } });
    const lines = [...errors, ...warnings].map(formatDiagnostic);
    expect(lines.length).toBeGreaterThan(0);
    expect(lines.join("\n")).not.toContain(SECRET);
  });

  it.each([
    `https://u:${SECRET}@h/`,
    `ftp://u:${SECRET}@h/`,
    `u:${SECRET}@h`,
    `ftp://h/?key=${SECRET}`,
    `https://h/?key=${SECRET}#x`,
  ])("is not shown by what is wrong about the URL %s", async (url) => {
    const asUpstream = await load(configWith({}).replace("http://127.0.0.1:8001/v1", url));
    const asProxy = await load(configWith({ client: `proxy: {url: "${url.replace("https", "gopher")}"}` }));
    for (const { errors } of [asUpstream, asProxy]) {
      expect(errors.length).toBeGreaterThan(0);
      expect(errors.map(formatDiagnostic).join("\n")).not.toContain(SECRET);
    }
  });

  it.each([
    `token: ${SECRET}: x`,
    `token: "${SECRET}`,
    `token: @${SECRET}`,
    `token: !${SECRET} x`,
    `token: *${SECRET}`,
    `token: "x" ${SECRET}`,
    `token: | ${SECRET}`,
  ])("is not shown by broken YAML: %s", async (text) => {
    const { errors, warnings } = await load(`x-a:\n  ${text}`);
    const lines = [...errors, ...warnings].map(formatDiagnostic);
    expect(lines.length).toBeGreaterThan(0);
    expect(lines.join("\n")).not.toContain(SECRET);
  });

  it("is a Secret in the config, wherever one may be", async () => {
    const { config, errors } = await load(
      configWith({
        server: `admin: {auth: {token: ${SECRET}}}`,
        upstream: `auth: {type: bearer, token: ${SECRET}}, headers: [{op: insert, key: a, value: ${SECRET}}]`,
        client: `proxy: {url: "http://u:${SECRET}@h"}`,
      }),
    );
    expect(errors).toEqual([]);
    expect(JSON.stringify(config)).not.toContain(SECRET);
    expect(config?.admin?.token?.reveal()).toBe(SECRET);
  });
});

describe("a key in a wrong place", () => {
  const KEY = "sk-proj-Xy12Zw34Uv56Ts78";
  it.each([
    { forward: `port: ${KEY}` },
    { forward: `port: [${KEY}]` },
    { forward: `address: "${KEY} "` },
    { forward: `upstream_group: "${KEY}"`.replace("upstream_group", "default_group") },
    { forward: `routing: [{path: ${KEY}, target_group: ${KEY}}]` },
    { forward: `tls: {cert: ${KEY}, key: "${KEY}"}` },
    { forward: `trusted_proxies: [${KEY}]` },
    { forward: `max_body_size: ${KEY}` },
    { forward: `${KEY}: 1` },
    { server: `admin: {auth: {token: {${KEY}: 1}}}` },
    { server: `admin: {token: ${KEY}}` },
    { server: `admin: ${KEY}` },
    { upstream: `token: ${KEY}` },
    { upstream: `${KEY}` },
    { upstream: `${KEY}: {${KEY}: ${KEY}}` },
    { upstream: `name: ${KEY}` },
    { upstream: `path: ${KEY}` },
    { upstream: `auth: {type: ${KEY}}` },
    { upstream: `auth: {type: basic, username: "${KEY}:${KEY}", password: x}` },
    { upstream: `headers: [{op: ${KEY}, key: "authorization: ${KEY}", value: x}]` },
    { upstream: `headers: [{op: insert, key: "Bearer ${KEY}", value: "é\u0100"}]` },
    { upstream: `breaker: {threshold: ${KEY}}` },
    { upstream: `max_in_flight: ${KEY}` },
    { upstream: `health_check: {path: ${KEY}}` },
    { upstream: `tls: {ca: ${KEY}}` },
    { upstream: `auth: {type: bearer, token: "\${file:${KEY}}"}` },
    { upstream: `auth: {type: bearer, token: "\${${KEY}}"}` },
    { upstream: `auth: {type: bearer, token: "\${${KEY.replaceAll("-", "_")}}"}` },
    { group: `balance: {strategy: ${KEY}}` },
    { client: `retry: ${KEY}` },
    { client: `retry: {enabled: "${KEY}"}` },
    { client: `proxy: {enabled: false, url: [${KEY}]}` },
    { client: `stream_mode: ${KEY}` },
    { client: `agent: [${KEY}]` },
    { top: `${KEY}: x` },
    { top: `buffer_limit: ${KEY}` },
  ])("is not shown by what is wrong about %j", async (parts) => {
    const { errors } = await load(configWith(parts));
    expect(errors.length).toBeGreaterThan(0);
    expect(errors.map(formatDiagnostic).join("\n")).not.toMatch(/Xy12Zw34|Uv56Ts78/);
  });

  it.each(["hunter2", "p@ssw0rd", "correct horse battery"])(
    "is not shown where a number or a switch belongs, even if it is %s",
    async (password) => {
      const { errors } = await load(
        configWith({ forward: `port: "${password}"`, client: `stream: "${password}"` }),
      );
      expect(errors).toHaveLength(2);
      expect(errors.map(formatDiagnostic).join("\n")).not.toContain(password);
    },
  );
});

describe("the admin token of the environment", () => {
  const text = configWith({ server: "admin: {auth: {token: from-file}}" });

  it("wins over the file's", async () => {
    const { config } = await load(text, { env: { LLMPROXY_ADMIN_AUTH_TOKEN: "from-env" } });
    expect(config?.admin?.token?.reveal()).toBe("from-env");
  });

  it("is not there when it is empty", async () => {
    const { config } = await load(text, { env: { LLMPROXY_ADMIN_AUTH_TOKEN: "" } });
    expect(config?.admin?.token?.reveal()).toBe("from-file");
  });

  it("makes no admin port", async () => {
    const { config } = await load(configWith({}), { env: { LLMPROXY_ADMIN_AUTH_TOKEN: "x" } });
    expect(config?.admin).toBeUndefined();
  });

  it("is checked like the file's", async () => {
    const { errors } = await load(text, { env: { LLMPROXY_ADMIN_AUTH_TOKEN: "a\nb" } });
    expect(errors.map(({ path, message }) => `${path}: ${message}`)).toEqual([
      expect.stringMatching(
        /^http_server\.admin\.auth\.token: found \*\*\* in LLMPROXY_ADMIN_AUTH_TOKEN, expected/,
      ),
    ]);
  });
});
