import { afterAll, describe, expect, test } from "vitest";
import { ok } from "../../support/behaviours.ts";
import { hasOpenssl, makeCertificates } from "../../support/certificates.ts";
import { chosenPrograms } from "../../support/chosen-programs.ts";
import { startConnectProxy } from "../../support/connect-proxy.ts";
import { createKit } from "../../support/contract.ts";
import { startUpstream } from "../../support/fault-upstream.ts";
import { startFullBacklog } from "../../support/full-backlog.ts";
import { hasOwnHosts } from "../../support/own-hosts.ts";
import { type ProgramName, startTaskFlags } from "../../support/program-command.ts";
import { type RunOptions, run, startProgram } from "../../support/programs.ts";
import { request } from "../../support/raw-request.ts";
import { createScope, type Scope } from "../../support/wait.ts";

const programs = chosenPrograms();

/** A config that touches everything a config can, and what it is to reach. */
async function setup(scope: Scope) {
  // The body of a suite that is skipped runs all the same.
  const { ca, cert, key } = hasOpenssl() ? makeCertificates() : { ca: "", cert: "", key: "" };
  const plain = await startUpstream();
  const secure = await startUpstream({ tls: { cert, key } });
  const tunnel = await startConnectProxy("u:p");
  for (const one of [plain, secure, tunnel]) scope.defer(() => one.close());
  plain.otherwise(ok({ from: "plain" }));
  secure.otherwise(ok({ from: "secure" }));
  const yaml = `
http_server:
  forwards:
    - {name: main, port: 0, address: 127.0.0.1, upstream_group: plain, tls: {cert: server.crt, key: server.key}, routing: [{path: /secure, target_group: secure}, {path: /tunnel, target_group: tunnel}]}
  admin: {port: 0, address: localhost}
upstreams:
  - {name: plain, url: "${plain.url}", auth: {type: bearer, token: "\${file:token.txt}"}}
  - {name: secure, url: "${secure.url}", tls: {ca: ca.crt}, headers: [{op: replace, key: x-key, value: "\${UPSTREAM_KEY}"}]}
upstream_groups:
  - {name: plain, upstreams: [{name: plain}]}
  - {name: secure, upstreams: [{name: secure}]}
  - {name: tunnel, upstreams: [{name: secure}], http_client: {proxy: {enabled: true, url: "http://u:p@127.0.0.1:${tunnel.port}"}}}
`;
  const files = { "server.crt": cert, "server.key": key, "ca.crt": ca, "token.txt": "sk-file\n" };
  const options = { files, env: { UPSTREAM_KEY: "sk-env" } };
  const net = [
    "127.0.0.1:0",
    `127.0.0.1:${plain.port}`,
    `127.0.0.1:${tunnel.port}`,
    "localhost:0",
    `localhost:${secure.port}`,
  ].sort();
  const expected = {
    net,
    read: ["/dev/null", "ca.crt", "proxy.yaml", "server.crt", "server.key", "token.txt"],
    env: ["JEST_WORKER_ID", "LLMPROXY_ADMIN_AUTH_TOKEN", "NO_COLOR", "UNDICI_NO_WASM_SIMD", "UPSTREAM_KEY"],
  };
  return { ca, plain, secure, tunnel, yaml, options, expected };
}

type Allowed = Readonly<Record<"net" | "read" | "env", readonly string[]>>;

async function print(name: ProgramName, options: RunOptions) {
  const program = run(name, { args: ["--print-deno-permissions", "-c", "proxy.yaml"], ...options });
  try {
    return { code: await program.exited(15_000), stdout: program.stdout, stderr: program.stderr };
  } finally {
    await program.stop(0);
  }
}

const flagsOf = (allowed: Allowed): readonly string[] => [
  "--no-prompt",
  ...Object.entries(allowed).map(([kind, names]) => `--allow-${kind}=${names.join(",")}`),
  "--allow-sys",
];

describe.skipIf(!hasOpenssl())("--print-deno-permissions", async () => {
  const scope = createScope();
  afterAll(() => scope.close());
  const { ca, plain, secure, tunnel, yaml, options, expected } = await setup(scope);
  const without = (kind: keyof Allowed, name: string): Allowed => ({
    ...expected,
    [kind]: expected[kind].filter((one) => one !== name),
  });

  test.each(programs)("%s prints what this config needs and exits 0", async (name) => {
    const files = { ...options.files, "proxy.yaml": yaml };
    expect(await print(name, { ...options, files })).toEqual({
      code: 0,
      stdout: `${flagsOf(expected).join(" ")}\n`,
      stderr: "",
    });
  });

  test.each(programs)("%s prints no flags for a config with errors", async (name) => {
    expect(await print(name, { files: { "proxy.yaml": "http_server: {}" } })).toEqual({
      code: 1,
      stdout: "",
      stderr: expect.stringContaining("error: proxy.yaml:"),
    });
  });

  describe.skipIf(!programs.includes("deno"))("and Deno with exactly these flags", () => {
    const { start } = createKit("deno", scope);
    const startWith = (allowed: Allowed) =>
      start(yaml, { ...options, denoFlags: flagsOf(allowed) } satisfies RunOptions);
    const ask = (port: number, path: string) => request(port, path, { tls: { ca } });

    test("serves over every kind of connection", async () => {
      const proxy = await startWith(expected);
      const port = proxy.port("main");
      expect((await ask(port, "/plain")).text()).toBe('{"from":"plain"}');
      expect((await ask(port, "/secure")).text()).toBe('{"from":"secure"}');
      expect((await ask(port, "/tunnel")).text()).toBe('{"from":"secure"}');
      expect(plain.requests("/plain")[0]?.header("authorization")).toBe("Bearer sk-file");
      expect(secure.requests("/secure")[0]?.header("x-key")).toBe("sk-env");
      expect(tunnel.asked).toHaveLength(1);
      const metrics = (await request(proxy.adminPort, "/metrics")).text();
      expect(metrics).toMatch(/^process_resident_memory_bytes [1-9]/m);
      await proxy.stop();
      expect(proxy.stderr).toBe("");
    });

    test.each<readonly [keyof Allowed, string]>([
      ["net", "127.0.0.1:0"],
      ["net", "localhost:0"],
      ["read", "proxy.yaml"],
      ["read", "server.key"],
      ["read", "token.txt"],
      ["env", "UPSTREAM_KEY"],
      ["env", "LLMPROXY_ADMIN_AUTH_TOKEN"],
    ])("does not start without --allow-%s for %s", async (kind, name) => {
      const denoFlags = flagsOf(without(kind, name));
      await expect(startProgram("deno", yaml, { ...options, denoFlags })).rejects.toThrow(
        /ended with 1[^0-9]/,
      );
    });

    test.each<readonly [string, keyof Allowed, string, string]>([
      ["/plain", "net", "the upstream", `127.0.0.1:${plain.port}`],
      ["/secure", "net", "the upstream", `localhost:${secure.port}`],
      ["/tunnel", "net", "the outbound proxy", `127.0.0.1:${tunnel.port}`],
      ["/plain", "env", "its client", "JEST_WORKER_ID"],
      ["/plain", "env", "its client's parser", "UNDICI_NO_WASM_SIMD"],
    ])("can't serve %s without --allow-%s for %s", async (path, kind, _what, name) => {
      const proxy = await startWith(without(kind, name));
      expect((await ask(proxy.port("main"), path)).status).toBe(502);
    });
  });
});

describe.skipIf(!programs.includes("deno") || !hasOwnHosts())("Deno with access to a name", () => {
  const scope = createScope();
  afterAll(() => scope.close());
  const { start, upstream } = createKit("deno", scope);

  test("reaches it by IPv4 where its IPv6 address gives no answer, and lives where neither does", async () => {
    const up = await upstream();
    up.otherwise(ok());
    for (const host of ["::1", "127.0.0.2"]) {
      const dead = await startFullBacklog({ host, port: up.port });
      scope.defer(() => dead.close());
      await dead.block();
    }
    const yaml = `
http_server: {forwards: [${["dual", "dead"].map((host) => `{name: ${host}, port: 0, address: 127.0.0.1, upstream_group: ${host}}`).join(", ")}]}
upstreams: [${["dual", "dead"].map((host) => `{name: ${host}, url: "http://${host}.test:${up.port}"}`).join(", ")}]
upstream_groups: [${["dual", "dead"].map((host) => `{name: ${host}, upstreams: [{name: ${host}}], http_client: {timeout: {connect: 2}}}`).join(", ")}]
`;
    const net = `127.0.0.1:0,dual.test:${up.port},dead.test:${up.port}`;
    const proxy = await start(yaml, {
      files: { hosts: "::1 dual.test\n127.0.0.1 dual.test\n::1 dead.test\n127.0.0.2 dead.test\n" },
      hosts: "hosts",
      denoFlags: ["--no-prompt", `--allow-net=${net}`, "--allow-read", "--allow-env"],
    });
    expect((await request(proxy.port("dual"), "/")).status).toBe(200);
    expect((await request(proxy.port("dead"), "/")).status).toBe(504);
    expect((await request(proxy.port("dual"), "/")).status).toBe(200);
  });
});

describe("deno task start", () => {
  test("allows net, read, env and sys, and nothing else", () => {
    const granted = startTaskFlags().filter((flag) => /^-(?:A$|-allow|-deny|R|N|E|W|S)/.test(flag));
    expect(granted).toEqual(["--allow-net", "--allow-read", "--allow-env", "--allow-sys"]);
    expect(startTaskFlags()).toContain("--no-prompt");
  });
});
