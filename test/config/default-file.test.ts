import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { readConfigComments } from "../../scripts/config-comments.ts";
import { expectationOf, marksOf, type Schema, unwrap } from "../../src/config/schema/marks.ts";
import { configSchema } from "../../src/config/schema.ts";
import { load } from "./support.ts";

const text = readFileSync(join(import.meta.dirname, "../../config.default.yaml"), "utf8");
const { complete, placeOf, commentOf } = readConfigComments(text);

interface Option {
  readonly path: string;
  readonly schema: Schema;
}

/** Every option of the schema, by its path: `upstreams[].auth.token`. */
function optionsOf(schema: Schema, path = ""): readonly Option[] {
  const inner = unwrap(schema);
  if (inner.item !== undefined) return optionsOf(inner.item, `${path}[]`);
  return Object.entries(inner.entries ?? {}).flatMap(([key, entry]) => {
    const own = path === "" ? key : `${path}.${key}`;
    return [{ path: own, schema: entry }, ...optionsOf(entry, own)];
  });
}

const options = optionsOf(configSchema).filter(({ schema }) => marksOf(schema).unused === undefined);
const named = options.filter(({ schema }) => marksOf(schema).aliasOf === undefined);
const leaves = named.filter(({ schema }) => optionsOf(schema).length === 0);

describe("config.default.yaml", () => {
  it("loads in an empty environment, without errors and warnings", async () => {
    const { config, errors, warnings } = await load(text);
    expect(errors).toEqual([]);
    expect(warnings).toEqual([]);
    expect(config?.forwards.map(({ address }) => address)).toEqual(["127.0.0.1"]);
  });

  it("takes its keys from the environment", async () => {
    const env = { OPENAI_API_KEY: "sk-1", LLMPROXY_PORT: "3003", LLMPROXY_ADMIN_TOKEN: "t" };
    const { config } = await load(text, { env });
    const auth = config?.upstreams[0]?.auth;
    expect(auth?.type === "bearer" && auth.token.reveal()).toBe("sk-1");
    expect(config?.forwards[0]?.port).toBe(3003);
    expect(config?.admin?.token?.reveal()).toBe("t");
  });

  it("is fine with the options that it leaves out, too", async () => {
    const files = {
      "/etc/llmproxy/tls.crt": pem("CERTIFICATE"),
      "/etc/llmproxy/tls.key": pem("PRIVATE KEY"),
    };
    const { errors } = await load(complete, {
      files: { ...files, "/etc/llmproxy/private-ca.crt": pem("CERTIFICATE") },
    });
    expect(errors).toEqual([]);
  });

  it("has every option of the schema", () => {
    expect(named.length).toBeGreaterThan(60);
    expect(named.map(({ path }) => path).filter((path) => placeOf(path) === undefined)).toEqual([]);
  });

  it("names every other name of an option above it", () => {
    const aliases = options.filter(({ schema }) => marksOf(schema).aliasOf !== undefined);
    expect(aliases.length).toBeGreaterThan(1);
    for (const { path, schema } of aliases) {
      const alias = path.split(".").at(-1) ?? "";
      const of = path.replace(/[^.]+$/, marksOf(schema).aliasOf ?? "");
      expect(commentOf(of), path).toContain(`Another name of it: ${alias}`);
    }
  });

  it.each(leaves)("says of $path what is allowed and what is the default", ({ path, schema }) => {
    const comment = commentOf(path);
    expect(comment).toMatch(/default/i);
    for (const bound of expectationOf(schema).match(/(?<=from |to )[\d.]+/g) ?? []) {
      expect(comment).toMatch(new RegExp(`(?:from|to) ${bound.replace(".", "\\.")}\\b`, "i"));
    }
    const fallback = "default" in schema ? schema.default : undefined;
    if (typeof fallback === "number" || typeof fallback === "string") {
      expect(comment).toMatch(new RegExp(`default ${String(fallback).replaceAll(".", "\\.")}\\b`, "i"));
    }
  });
});

function pem(label: string): string {
  return `-----BEGIN ${label}-----\nMIIB\n-----END ${label}-----\n`;
}
