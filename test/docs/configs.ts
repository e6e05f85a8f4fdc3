/** Configurations of the docs: whole ones as they are, parts with what they lack. */

import { parse } from "yaml";
import { load, type Surroundings } from "../config/support.ts";

interface Sketch {
  readonly http_server?: { readonly forwards?: readonly Forward[] };
  readonly upstreams?: readonly { readonly name?: string }[];
  readonly upstream_groups?: readonly {
    readonly name?: string;
    readonly upstreams?: readonly { readonly name?: string }[];
  }[];
}

interface Forward {
  readonly upstream_group?: string;
  readonly default_group?: string;
  readonly routing?: readonly { readonly target_group?: string }[];
}

/** Adds the top-level blocks that a part leaves out, with the names that it points to. */
export function completed(text: string): string {
  const sketch = (parse(text) ?? {}) as Sketch;
  const pointed = (sketch.http_server?.forwards ?? []).flatMap((forward) => [
    forward.upstream_group ?? forward.default_group,
    ...(forward.routing ?? []).map(({ target_group }) => target_group),
  ]);
  const given = sketch.upstream_groups ?? [];
  const groups = namesOr("pool", given.length > 0 ? given.map(({ name }) => name) : pointed);
  const members = given.flatMap(({ upstreams }) => (upstreams ?? []).map(({ name }) => name));
  const upstreams = namesOr("one", sketch.upstreams?.map(({ name }) => name) ?? members);
  const parts = [text];
  if (sketch.http_server === undefined) {
    const [group] = groups;
    parts.push(`http_server: { forwards: [{ name: front, upstream_group: ${JSON.stringify(group)} }] }`);
  }
  if (sketch.upstreams === undefined) {
    parts.push(
      "upstreams:",
      ...upstreams.map((name) => `  - { name: ${JSON.stringify(name)}, url: http://127.0.0.1/v1 }`),
    );
  }
  if (sketch.upstream_groups === undefined) {
    const list = JSON.stringify(upstreams.map((name) => ({ name })));
    parts.push(
      "upstream_groups:",
      ...groups.map((name) => `  - { name: ${JSON.stringify(name)}, upstreams: ${list} }`),
    );
  }
  return parts.join("\n");
}

function namesOr(fallback: string, names: readonly (string | undefined)[]): readonly string[] {
  const some = names.filter((name) => name !== undefined);
  return some.length === 0 ? [fallback] : [...new Set(some)];
}

/** The environment and files that a text names, with dummies in them. */
export function surroundingsOf(text: string): Required<Surroundings> {
  const names = [...text.matchAll(/\$\{([A-Z][A-Z0-9_]*)\}/g)].map(([, name = ""]) => [name, "dummy"]);
  const files = [...text.matchAll(/\$\{file:([^}]+)\}/g)].map(([, path = ""]) => [path, "dummy\n"]);
  const pems = [...text.matchAll(/^\s*(cert|key|ca): (\/\S+)$/gm)].map(([, kind, path = ""]) => [
    path,
    pem(kind === "key" ? "PRIVATE KEY" : "CERTIFICATE"),
  ]);
  return { env: Object.fromEntries(names), files: Object.fromEntries([...files, ...pems]) };
}

/** What the loader says of a text, with dummies for all that it names: nothing when it is fine. */
export async function problemsIn(text: string): Promise<readonly string[]> {
  const { errors, warnings } = await load(text, surroundingsOf(text));
  return [...errors, ...warnings].map(({ path, message }) => `${path}: ${message}`);
}

/** A PEM text that is well formed, and no more. */
function pem(label: string): string {
  return `-----BEGIN ${label}-----\nMIIB\n-----END ${label}-----\n`;
}
