import { describe, expect, it } from "vitest";
import { configWith, errorsOf, load } from "./support.ts";

const CERT = "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n";
const KEY = "-----BEGIN PRIVATE KEY-----\nMIIE\n-----END PRIVATE KEY-----\n";

describe("the PEM files of a config", () => {
  const text = configWith({
    forward: "tls: {cert: tls/a.crt, key: /keys/a.key}",
    server: 'admin: {tls: {cert: "${CERT}", key: /keys/a.key}}',
    upstream: "tls: {ca: tls/a.crt}",
  });
  const env = { CERT: "tls/a.crt" };

  it("are read, relative to the config's folder", async () => {
    const files = { "/etc/llmproxy/tls/a.crt": CERT, "/keys/a.key": KEY };
    const { config, errors } = await load(text, { env, files });
    expect(errors).toEqual([]);
    expect(config?.forwards[0]?.tls?.cert).toBe(CERT);
    expect(config?.forwards[0]?.tls?.key.reveal()).toBe(KEY);
    expect(config?.admin?.tls?.cert).toBe(CERT);
    expect(config?.upstreams[0]?.ca).toBe(CERT);
  });

  it("are errors at their key when they can't be read or hold something else", async () => {
    const result = await load(text, { env, files: { "/keys/a.key": "not PEM" } });
    expect(errorsOf(result)).toEqual([
      'http_server.forwards[0].tls.cert: found "tls/a.crt": the file can\'t be read: no such file',
      'http_server.forwards[0].tls.key: found "/keys/a.key": found no PEM text, expected a PEM private key without a passphrase',
      'http_server.admin.tls.cert: found "tls/a.crt": the file can\'t be read: no such file',
      'http_server.admin.tls.key: found "/keys/a.key": found no PEM text, expected a PEM private key without a passphrase',
      'upstreams[0].tls.ca: found "tls/a.crt": the file can\'t be read: no such file',
    ]);
  });

  it("come in pairs for a listener", async () => {
    const result = await load(configWith({ forward: "tls: {cert: /c}" }), { files: { "/c": CERT } });
    expect(errorsOf(result)).toEqual([
      "http_server.forwards[0].tls.key: missing, expected the path of a PEM file",
    ]);
  });
});
