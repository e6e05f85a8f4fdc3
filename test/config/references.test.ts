import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { resolve, type Sources } from "../../src/config/references.ts";
import { configWith, errorsOf, load } from "./support.ts";

const ENV: Readonly<Record<string, string>> = {
  A: "alpha",
  EMPTY: "",
  NUMBER: "3000",
  NULL: "null",
  TRICK: "${A}: [x",
};
const FILES: Readonly<Record<string, string>> = { "/key": "from file\n", "/two": "a\r\n\r\n" };
const sources: Sources = {
  env: (name) => ENV[name],
  file: (path) => (FILES[path] === undefined ? { problem: "no such file" } : { text: FILES[path] }),
};

const resolved = (value: string, plain = false) => resolve({ kind: "scalar", at: 0, value, plain }, sources);

describe("references", () => {
  it.each([
    ["nothing here", "nothing here"],
    ["${A}", "alpha"],
    ["<${A}> ${A}", "<alpha> alpha"],
    ["${MISSING:-x y}", "x y"],
    ["${MISSING:-}", ""],
    ["${EMPTY:-full}", "full"],
    ["${EMPTY}", ""],
    ["${A:-other}", "alpha"],
    ["${A:-:-}", "alpha"],
    ["${MISSING:-:-}", ":-"],
    ["$${A}", "${A}"],
    ["$$${A}", "$${A}"],
    ["$A $ {A} }", "$A $ {A} }"],
    ["${TRICK}", "${A}: [x"],
    ["${file:/key}", "from file"],
    ["${file:/two}", "a\r\n"],
    ["Bearer ${file:/key}!", "Bearer from file!"],
  ])("make of %s: %s", (text, expected) => {
    expect(resolved(text)).toEqual({ value: expected });
  });

  it.each([
    ["${MISSING}", "the environment variable MISSING is not set; ${MISSING:-…} would give it a default"],
    ["${file:/nope}", `the file "/nope" can't be read: no such file`],
    ["${file:}", "found ${file:} without a path"],
    ["${A", "found ${ without }, expected $${ for a literal ${"],
    ["${A:-${B}}", "found a reference in a reference: they don't nest"],
    [
      "${1A}",
      "found a malformed reference, expected ${NAME}, ${NAME:-default}, ${file:/path}, or $${ for a literal ${",
    ],
    [
      "${A-x}",
      "found a malformed reference, expected ${NAME}, ${NAME:-default}, ${file:/path}, or $${ for a literal ${",
    ],
  ])("can't be %s: %s", (text, problem) => {
    expect(resolved(text)).toEqual({ problems: [problem] });
  });

  it("are all reported when several fail", () => {
    expect(resolved("${X} ${Y}")).toEqual({
      problems: [expect.stringContaining("X"), expect.stringContaining("Y")],
    });
  });

  it.each([
    ["${NUMBER}", 3000],
    ["${MISSING:-0.5}", 0.5],
    ["${MISSING:-true}", true],
    ["${NULL}", null],
    ["${EMPTY}", null],
    ["${A}", "alpha"],
    ["${TRICK}", "${A}: [x"],
    ["${NUMBER}0", "30000"],
    ["$${NUMBER}", "${NUMBER}"],
  ])("in plain style make of %s: %s", (text, expected) => {
    expect(resolved(text, true)).toEqual({ value: expected });
  });

  it("put in any text whatever as that very text, when quoted", async () => {
    const text = configWith({ upstream: 'auth: {type: basic, username: u, password: "${VALUE}"}' });
    const password = fc.string({ unit: "binary", minLength: 1 }).filter((value) => !/\p{Cc}/u.test(value));
    const tricky = fc.constantFrom(
      "a: b",
      "- x",
      "'",
      '"',
      "}",
      "${A}",
      "$${",
      "#",
      " x ",
      "*a",
      "null",
      "1",
      "[",
      "\\n",
    );
    await fc.assert(
      fc.asyncProperty(fc.oneof(password, tricky), async (value) => {
        const { config, errors } = await load(text, { env: { VALUE: value } });
        expect(errors).toEqual([]);
        const auth = config?.upstreams[0]?.auth;
        expect(auth?.type === "basic" && auth.password.reveal()).toBe(value);
      }),
    );
  });

  it("are not looked for in keys, nor replaced in what is not used", async () => {
    const text = configWith({
      upstream: 'http_client: {agent: "${NOPE}"}, auth: {type: none, token: "${NOPE}"}',
      top: 'x-y: "${NOPE}"',
    });
    expect(errorsOf(await load(text))).toEqual([]);
    expect(errorsOf(await load(configWith({ top: '"${A}": 1' }), { env: { A: "x-a" } }))).toEqual([
      '["${A}"]: unknown key, expected one of http_server, upstreams, upstream_groups, buffer_limit',
    ]);
  });

  it("find files relative to the config file", async () => {
    const text = configWith({ upstream: 'auth: {type: bearer, token: "${file:keys/a}"}' });
    const { config } = await load(text, { files: { "/etc/llmproxy/keys/a": "sk-1\n" } });
    const auth = config?.upstreams[0]?.auth;
    expect(auth?.type === "bearer" && auth.token.reveal()).toBe("sk-1");
  });

  it("are errors at their key", async () => {
    const text = configWith({ upstream: 'auth: {type: bearer, token: "${NOPE}"}, max_in_flight: "${ALSO}"' });
    expect(errorsOf(await load(text))).toEqual([
      "upstreams[0].auth.token: the environment variable NOPE is not set; ${NOPE:-…} would give it a default",
      "upstreams[0].max_in_flight: the environment variable ALSO is not set; ${ALSO:-…} would give it a default",
    ]);
  });
});
