import { describe, expect, it } from "vitest";
import { isHost, isIpOrRange } from "../../src/config/address.ts";
import { createNearest, nearest } from "../../src/config/nearest.ts";
import { formatPath } from "../../src/config/node.ts";
import { relativeTo } from "../../src/config/path.ts";
import { pemProblem } from "../../src/config/pem.ts";
import { showUrl } from "../../src/config/url.ts";

describe("an IP address", () => {
  it.each(["10.0.0.0/8", "::/0", "1.2.3.4/32", "2001:db8::/128", "1.2.3.4"])("or range is %s", (text) => {
    expect(isIpOrRange(text)).toBe(true);
  });

  it.each(["10.0.0.0/33", "::/129", "1.2.3.4/", "1.2.3.4/08", "1.2.3.4/8/8", "x/8", "", "fe80::1%eth0"])(
    "or range is not %j",
    (text) => {
      expect(isIpOrRange(text)).toBe(false);
    },
  );
});

describe("a host", () => {
  it.each(["localhost", "a-b.example.com", "example.com.", "my_host", "1.2.3.4", "::1", "a1"])(
    "is %s",
    (text) => {
      expect(isHost(text)).toBe(true);
    },
  );

  it.each(["", "a b", "-a", "a..b", "300.1.1.1", "http://h", "a/b", "x".repeat(64)])("is not %j", (text) => {
    expect(isHost(text)).toBe(false);
  });
});

describe("did you mean", () => {
  const KEYS = ["name", "url", "upstream_group", "stream_mode"];

  it.each([
    ["nmae", "name"],
    ["URL", "url"],
    ["upstream_groups", "upstream_group"],
    ["stream-mode", "stream_mode"],
    ["port", undefined],
    ["x", undefined],
  ])("for %s says %s", (word, expected) => {
    expect(nearest(word, KEYS)).toBe(expected);
  });

  it("is asked a bounded number of times", () => {
    const ask = createNearest();
    const answers = Array.from({ length: 300 }, () => ask("nmae", KEYS));
    expect(answers.filter((answer) => answer !== undefined)).toHaveLength(100);
  });
});

describe("a path of the config", () => {
  it.each([
    ["/etc/llmproxy/config.yaml", "tls.crt", "/etc/llmproxy/tls.crt"],
    ["/etc/llmproxy/config.yaml", "../tls.crt", "/etc/llmproxy/../tls.crt"],
    ["/etc/llmproxy/config.yaml", "/run/secrets/key", "/run/secrets/key"],
    ["config.yaml", "keys/tls.crt", "keys/tls.crt"],
    ["C:\\proxy\\config.yaml", "tls.crt", "C:\\proxy\\tls.crt"],
    ["config.yaml", "C:\\keys\\a", "C:\\keys\\a"],
    ["config.yaml", "d:/keys/a", "d:/keys/a"],
    ["/etc/config.yaml", "\\\\server\\share\\a", "\\\\server\\share\\a"],
  ])("in %s: %s is %s", (file, path, expected) => {
    expect(relativeTo(file, path)).toBe(expected);
  });
});

describe("a PEM text", () => {
  const block = (label: string, body = "MIIB\nAAAA"): string =>
    `-----BEGIN ${label}-----\n${body}\n-----END ${label}-----\n`;

  it.each([
    [block("CERTIFICATE"), "certificate"],
    [`# a comment\n${block("CERTIFICATE")}${block("CERTIFICATE")}`, "certificate"],
    [block("PRIVATE KEY").replaceAll("\n", "\r\n"), "key"],
    [block("EC PARAMETERS", "BggqhkjOPQMBBw==") + block("EC PRIVATE KEY"), "key"],
    [block("RSA PRIVATE KEY"), "key"],
  ] as const)("%j is a %s", (text, kind) => {
    expect(pemProblem(text, kind)).toBeUndefined();
  });

  it.each([
    ["", "certificate", "found no PEM text, expected a PEM certificate"],
    [block("PRIVATE KEY"), "certificate", 'found a PEM "PRIVATE KEY", expected a PEM certificate'],
    [
      block("CERTIFICATE"),
      "key",
      'found a PEM "CERTIFICATE", expected a PEM private key without a passphrase',
    ],
    [
      block("ENCRYPTED PRIVATE KEY"),
      "key",
      'found a PEM "ENCRYPTED PRIVATE KEY", expected a PEM private key without a passphrase',
    ],
    [
      block("CERTIFICATE", "not base64!"),
      "certificate",
      "found a broken PEM block, expected a PEM certificate",
    ],
    ["-----BEGIN CERTIFICATE-----\nMIIB", "certificate", "found no PEM text, expected a PEM certificate"],
  ] as const)("%j is no %s", (text, kind, problem) => {
    expect(pemProblem(text, kind)).toBe(problem);
  });
});

describe("what is shown", () => {
  it.each([
    ["https://u:p@h/a?key=1#f", "https://***@h/a"],
    ["u:p@ss@h", "***@h"],
    ["http://h/a", "http://h/a"],
    ["https://u:p?a/s#s@h/x?key=1", "https://***@h/x"],
    ["http://h/?mail=a@b&key=1", "http://***@b"],
  ])("of the URL %s is %s", (url, shown) => {
    expect(showUrl(url)).toBe(shown);
  });

  it("of a path are its keys, those that are no plain words in quotes", () => {
    expect(formatPath(["upstreams", 1, "auth", "a.b", "x-y"])).toBe('upstreams[1].auth["a.b"].x-y');
  });
});
