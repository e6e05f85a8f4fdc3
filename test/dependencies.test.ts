import { execFileSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { describe, expect, it } from "vitest";

const root = resolve(import.meta.dirname, "..");

interface Locked {
  readonly version: string;
  readonly license?: string;
  readonly integrity?: string;
  readonly resolved?: string;
  readonly dev?: true;
  readonly devOptional?: true;
  readonly optional?: true;
  readonly hasInstallScript?: true;
}

interface Manifest {
  readonly license?: string;
  readonly dependencies: Readonly<Record<string, string>>;
  readonly devDependencies: Readonly<Record<string, string>>;
}

const read = <T>(file: string): T => JSON.parse(readFileSync(join(root, file), "utf8")) as T;
const manifest = read<Manifest>("package.json");
const { packages } = read<{ packages: Readonly<Record<string, Locked>> }>("package-lock.json");
const locked = Object.entries(packages).filter(([path]) => path !== "");
/** What is in the program: neither for development only, nor an optional peer for types. */
const shipped = locked.filter(([, { dev, devOptional, optional }]) => !dev && !devOptional && !optional);
const nameOf = (path: string): string => path.replace(/^.*node_modules\//, "");

/** All of them let the program be given away, under any licence, with a notice. */
const LICENCES: readonly (string | undefined)[] = [
  "MIT",
  "ISC",
  "BSD-2-Clause",
  "BSD-3-Clause",
  "Apache-2.0",
  "0BSD",
];

describe("the dependencies", () => {
  it("are pinned to one version each", () => {
    const wanted = Object.entries({ ...manifest.dependencies, ...manifest.devDependencies });
    expect(wanted.length).toBeGreaterThan(20);
    expect(wanted.filter(([, version]) => !/^\d+\.\d+\.\d+(?:-[\w.]+)?$/.test(version))).toEqual([]);
  });

  it("are what the lock file has, by their hash, from the public registry and nowhere else", () => {
    expect(packages[""]).toMatchObject({
      dependencies: manifest.dependencies,
      devDependencies: manifest.devDependencies,
    });
    const wrong = locked.filter(
      ([, { integrity, resolved = "https://registry.npmjs.org/" }]) =>
        !/^sha512-/.test(integrity ?? "") || new URL(resolved).host !== "registry.npmjs.org",
    );
    expect(wrong).toEqual([]);
  });

  it("that are shipped are few and run nothing when they are installed", () => {
    expect(shipped.length).toBeLessThanOrEqual(12);
    expect(shipped.length).toBeGreaterThanOrEqual(Object.keys(manifest.dependencies).length);
    expect(shipped.filter(([, { hasInstallScript }]) => hasInstallScript).map(([path]) => path)).toEqual([]);
  });

  it("that are shipped have licences that allow it, in the lock file and in the package, with their text", () => {
    const found = shipped.map(([path, { license }]) => {
      const hasText = readdirSync(join(root, path)).some((file) => /^licen[sc]e/i.test(file));
      return {
        path,
        inLock: license,
        inPackage: read<Manifest>(join(path, "package.json")).license,
        hasText,
      };
    });
    const wrong = found.filter(
      ({ inLock, inPackage, hasText }) => inLock !== inPackage || !LICENCES.includes(inLock) || !hasText,
    );
    expect(wrong).toEqual([]);
  });

  it("have a line each in docs/dependencies.md, and no other package has one", () => {
    const text = readFileSync(join(root, "docs/dependencies.md"), "utf8");
    const rows = [...text.matchAll(/^\| ([\w@./-]+) \|/gm)].map(([, name]) => name);
    const named = rows.filter((name) => name !== "package");
    const wanted = [...Object.keys(manifest.dependencies), ...Object.keys(manifest.devDependencies)];
    expect(named.toSorted()).toEqual(wanted.toSorted());
    for (const [path, { license }] of shipped) {
      expect(text).toContain(nameOf(path));
      const own = new RegExp(`^\\| ${nameOf(path)} \\| (\\S+) \\|`, "m").exec(text)?.[1];
      expect([path, own ?? license]).toEqual([path, license]);
    }
  });

  it("that are shipped are in the bill of materials with version, licence and hash, and nothing else is", {
    timeout: 30_000,
  }, () => {
    const text = execFileSync("npm", ["run", "--silent", "sbom"], { cwd: root, encoding: "utf8" });
    const bom = JSON.parse(text) as {
      readonly bomFormat: string;
      readonly metadata: { readonly component: unknown };
      readonly components: readonly {
        readonly name: string;
        readonly version: string;
        readonly hashes: readonly { readonly alg: string; readonly content: string }[];
        readonly licenses: readonly { readonly license: { readonly id: string } }[];
      }[];
      readonly dependencies: readonly { readonly ref: string; readonly dependsOn: readonly string[] }[];
    };
    expect(bom.bomFormat).toBe("CycloneDX");
    expect(bom.metadata.component).toMatchObject({ name: "llmproxy", type: "application" });
    const found = bom.components.map(({ name, version, hashes, licenses }) => [
      name,
      version,
      licenses[0]?.license.id,
      hashes.map(({ alg, content }) => `${alg} ${Buffer.from(content, "hex").toString("base64")}`),
    ]);
    const wanted = shipped.map(([path, { version, license, integrity = "" }]) => [
      nameOf(path),
      version,
      license,
      [`SHA-512 ${integrity.replace("sha512-", "")}`],
    ]);
    expect(found.toSorted()).toEqual(wanted.toSorted());
    const refs = new Set(bom.dependencies.map(({ ref }) => ref));
    expect(bom.dependencies.flatMap(({ dependsOn }) => dependsOn).filter((ref) => !refs.has(ref))).toEqual(
      [],
    );
  });
});
