import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";
import { describe, expect, it } from "vitest";
import { VERSION } from "../src/base/version.ts";

const root = resolve(import.meta.dirname, "..");
const src = join(root, "src");

/** What each room of src/ may import, besides itself and {@link LEAVES}. Arrows go one way. */
const ARROWS: Readonly<Record<string, readonly string[]>> = {
  config: [],
  metrics: [],
  log: [],
  routing: ["config"],
  limits: ["config"],
  message: ["config"],
  balance: ["config"],
  upstream: ["balance", "config", "message", "metrics"],
  retry: ["upstream"],
  attempt: ["balance", "config", "message", "retry", "upstream"],
  group: ["attempt", "balance", "config", "message", "retry", "upstream"],
  forward: ["attempt", "config", "group", "limits", "log", "message", "metrics", "routing"],
  admin: ["log", "metrics", "upstream"],
  simulator: [],
  demo: ["simulator"],
  program: ["admin", "balance", "config", "demo", "forward", "group", "log", "metrics", "upstream"],
};

/** Rooms that every room may use; each uses only itself and those before it. */
const LEAVES: readonly string[] = ["runtime", "base", "llm"];

/** Packages, and the only part of src/ that may import each; `*`: all. */
const PACKAGES: Readonly<Record<string, readonly string[]>> = {
  hono: ["forward", "routing", "admin", "simulator", "demo"],
  yaml: ["config"],
  valibot: ["config"],
  "prom-client": ["metrics"],
  "@logtape/logtape": ["log"],
};

interface Import {
  readonly from: string;
  readonly specifier: string;
  readonly typeOnly: boolean;
  /** Loaded when its place in the code is reached. */
  readonly isDynamic: boolean;
}

const files = (folder: string): readonly string[] =>
  readdirSync(folder, { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".ts"))
    .map((name) => join(folder, name));

function importsOf(file: string): readonly Import[] {
  const text = readFileSync(file, "utf8");
  const found = text.matchAll(/^(?:import|export)\s+(type\s)?[^;]*?from\s+"([^"]+)"|import\("([^"]+)"\)/gm);
  return [...found].map((match) => ({
    from: relative(src, file),
    specifier: match[2] ?? match[3] ?? "",
    typeOnly: match[1] !== undefined,
    isDynamic: match[3] !== undefined,
  }));
}

/** Whether the room `from` may import from the room `to`. */
function mayUse(from: string, to: string): boolean {
  const [user, used] = [LEAVES.indexOf(from), LEAVES.indexOf(to)];
  if (user !== -1) return used !== -1 && used < user;
  return used !== -1 || (ARROWS[from] ?? []).includes(to);
}

const partOf = (file: string): string => file.split("/")[0] ?? file;
const target = ({ from, specifier }: Import): string => relative(src, join(src, dirname(from), specifier));

const sources = files(src);
const imports = sources.flatMap(importsOf);
const own = imports.filter(({ specifier }) => specifier.startsWith("."));

describe("the house", () => {
  it("has source files and imports to look at", () => {
    expect(sources.length).toBeGreaterThan(50);
    expect(own.length).toBeGreaterThan(100);
  });

  it("keeps the runtimes out of src/", () => {
    const runtimes = /\b(?:Bun|Deno|process|Buffer|require)\s*[.(]|from "(?:node|bun):/;
    const code = (file: string) =>
      readFileSync(file, "utf8").replace(/\/\*[\s\S]*?\*\/|\/\/.*$|`[^`]*`|"[^"\n]*"/gm, "");
    const guilty = sources.filter((file) => runtimes.test(code(file)));
    const imported = imports.filter(({ specifier }) => /^(?:node|bun|jsr|npm):|adapters\//.test(specifier));
    expect(guilty.map((file) => relative(root, file))).toEqual([]);
    expect(imported).toEqual([]);
  });

  it("lets arrows go one way only", () => {
    const wrong = own.filter((one) => {
      const [from, to] = [partOf(one.from), partOf(target(one))];
      return from !== to && !mayUse(from, to);
    });
    expect(wrong.map((one) => `${one.from} → ${target(one)}`)).toEqual([]);
  });

  it("has no cycles between files", () => {
    const everything = [...sources, ...files(join(root, "adapters"))];
    const edges = new Map<string, string[]>();
    for (const one of everything.flatMap(importsOf).filter(({ specifier }) => specifier.startsWith("."))) {
      edges.set(one.from, [...(edges.get(one.from) ?? []), target(one)]);
    }
    const done = new Set<string>();
    const visit = (file: string, path: readonly string[]): string | undefined => {
      if (path.includes(file)) return [...path.slice(path.indexOf(file)), file].join(" → ");
      if (done.has(file)) return undefined;
      for (const next of edges.get(file) ?? []) {
        const cycle = visit(next, [...path, file]);
        if (cycle !== undefined) return cycle;
      }
      done.add(file);
      return undefined;
    };
    expect(
      sources.map((file) => visit(relative(src, file), [])).find((cycle) => cycle !== undefined),
    ).toBeUndefined();
  });

  it("starts without loading what only some runs need", () => {
    const loaded = new Set<string>();
    const load = (file: string): void => {
      if (loaded.has(file)) return;
      loaded.add(file);
      for (const one of imports.filter(
        ({ from, typeOnly, isDynamic }) => from === file && !typeOnly && !isDynamic,
      )) {
        load(one.specifier.startsWith(".") ? target(one) : one.specifier);
      }
    };
    load("program/main.ts");
    // The demo, text for people on a terminal, and prom-client, which is for the first scrape.
    expect([...loaded].filter((name) => /^(?:demo|simulator)\/|^log\/text/.test(name))).toEqual([]);
    expect([...loaded].filter((name) => !name.endsWith(".ts")).sort()).toEqual(["hono", "valibot", "yaml"]);
  });

  it("uses each package in its own place", () => {
    const wrong = imports.filter(({ from, specifier }) => {
      if (specifier.startsWith(".")) return false;
      const name = specifier.startsWith("@") ? specifier.split("/").slice(0, 2).join("/") : partOf(specifier);
      return !(PACKAGES[name] ?? []).includes(partOf(from));
    });
    expect(wrong.map(({ from, specifier }) => `${from} → ${specifier}`)).toEqual([]);
  });

  it("keeps files small", () => {
    const long = [...sources, ...files(join(root, "adapters"))]
      .map((file) => ({ file: relative(root, file), lines: readFileSync(file, "utf8").split("\n").length }))
      .filter(({ lines }) => lines > 250);
    expect(long).toEqual([]);
  });

  it("lets nobody but main and the library be what adapters start", () => {
    const allowed = ["src/program/main.ts", "src/program/library.ts", "src/runtime/runtime.ts"];
    const wrong = files(join(root, "adapters"))
      .flatMap((file) => importsOf(file).map(({ specifier }) => ({ file, specifier })))
      .filter(({ specifier }) => specifier.includes("/src/"))
      .map(({ file, specifier }) => relative(root, resolve(dirname(file), specifier)))
      .filter((path) => !allowed.includes(path));
    expect(wrong).toEqual([]);
  });

  it("lets no runtime's adapter use another's: what two of them need is shared", () => {
    const adapters = join(root, "adapters");
    const folderOf = (path: string): string => relative(adapters, path).split("/")[0] ?? "";
    const wrong = files(adapters)
      .flatMap((file) =>
        importsOf(file).map(({ specifier }) => ({ file, to: resolve(dirname(file), specifier) })),
      )
      .filter(({ file, to }) => {
        const [from, used] = [folderOf(file).replace(".ts", ""), folderOf(to)];
        return to.startsWith(adapters) && used !== from && used !== "shared";
      });
    expect(wrong.map(({ file, to }) => `${relative(root, file)} → ${relative(root, to)}`)).toEqual([]);
  });

  it("has no loose files in src/", () => {
    expect(readdirSync(src).filter((name) => name.endsWith(".ts"))).toEqual([]);
  });

  it("says one version everywhere", () => {
    for (const name of ["package.json", "package-lock.json", "deno.json"]) {
      const manifest: unknown = JSON.parse(readFileSync(join(root, name), "utf8"));
      expect(manifest, name).toMatchObject({ version: VERSION });
    }
  });
});
