import { describe, expect, it } from "vitest";
import { parseConfig } from "../../src/config/load.ts";
import { announce } from "../../src/program/announce.ts";
import type { Lack } from "../../src/runtime/runtime.ts";

async function said(
  extra: { http?: string; forward?: string; admin?: string; upstream?: string },
  lacks: Lack[] = [],
) {
  const yaml = `
http_server:
  forwards: [{ name: f, port: 0, upstream_group: g ${extra.forward ?? ""} }]
  ${extra.admin ?? ""}
upstreams: [{ name: u, url: "http://u" ${extra.upstream ?? ""} }]
upstream_groups: [{ name: g, upstreams: [{ name: u }] ${extra.http ?? ""} }]
`;
  const pem = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
  const { config, errors } = await parseConfig(yaml, {
    file: "c.yaml",
    readTextFile: async () => pem,
    env: () => undefined,
  });
  if (config === undefined) throw new Error(errors.map(({ message }) => message).join("; "));
  const lines: { message: string; [field: string]: unknown }[] = [];
  const note = (message: string, fields?: object) => void lines.push({ message, ...fields });
  announce(
    config,
    { name: "fake", version: "9", lacks },
    { debug: note, info: note, warn: note, error: note, access() {} },
  );
  return lines;
}

const lack = (option: Lack["option"]): Lack => ({ option, text: `no ${option}` });

describe("at start an operator is told", () => {
  it("of the program and its runtime", async () => {
    expect((await said({}))[0]).toMatchObject({ message: "starting", runtime: "fake", runtime_version: "9" });
  });

  it.each<[Lack["option"], Parameters<typeof said>[0]]>([
    ["http_client.keepalive", { http: ", http_client: { keepalive: 60 }" }],
    ["http_client.timeout.idle", { http: ", http_client: { timeout: { idle: 60 } }" }],
    ["forwards.timeout.connect", { forward: ", timeout: { connect: 10 }" }],
    ["forwards.timeout.idle", { forward: ", timeout: { idle: 75 }" }],
    ["forwards.timeout.write", { forward: ", timeout: { write: 300 }" }],
    ["http_client.proxy", { http: ', http_client: { proxy: { url: "http://a:b@p:1" } }' }],
    ["upstreams.tls.ca", { upstream: ", tls: { ca: ca.pem }" }],
  ])("that %s can't be done, only where it is set", async (option, config) => {
    const told = { message: "limitation of this runtime", option, detail: `no ${option}` };
    expect(await said(config, [lack(option)])).toContainEqual(told);
    expect(await said({}, [lack(option)])).not.toContainEqual(told);
  });

  it("of what can't be done whatever the configuration", async () => {
    expect(await said({}, [lack("always")])).toContainEqual({
      message: "limitation of this runtime",
      detail: "no always",
    });
  });

  it.each([
    ["", "no admin port: http_server.admin is not configured"],
    ["admin: { port: 9000 }", "the admin port is open to others without a token"],
    ["admin: { port: 9000, address: 10.0.0.1 }", "the admin port is open to others without a token"],
    ["admin: { port: 9000, auth: { token: t0ken } }", undefined],
    ["admin: { port: 9000, address: 127.0.0.5 }", undefined],
    ["admin: { port: 9000, address: '::1' }", undefined],
    ["admin: { port: 9000, address: localhost }", undefined],
  ])("with %j: %s", async (admin, message) => {
    const lines = (await said({ admin }))
      .map((line) => line.message)
      .filter((text) => text.includes("admin port"));
    expect(lines).toEqual(message === undefined ? [] : [message]);
  });
});
