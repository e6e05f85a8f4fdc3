import { execFileSync, spawn, spawnSync } from "node:child_process";
import {
  chmodSync,
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { createInterface } from "node:readline";
import { afterAll, describe, expect, test } from "vitest";
import { ok } from "../support/behaviours.ts";
import { simpleConfig } from "../support/contract.ts";
import { all, stagesOf } from "../support/dockerfile.ts";
import { startUpstream } from "../support/fault-upstream.ts";
import { ROOT } from "../support/program-command.ts";
import { request } from "../support/raw-request.ts";
import { createChanges, createScope } from "../support/wait.ts";

const stage = stagesOf(readFileSync(join(ROOT, "deploy/Dockerfile"), "utf8")).at(-1) ?? [];
const binary = join(ROOT, "dist/llmproxy");

/** What the image's base has of glibc. */
const BASE = [
  "ld-linux-x86-64.so.2",
  "ld-linux-aarch64.so.1",
  "libc.so.6",
  "libdl.so.2",
  "libm.so.6",
  "libpthread.so.0",
  "librt.so.1",
];

/** Makes a root of its own for one process: read-only, with /proc of processes only, and a user without rights. */
const ENTER = `
set -e
mount --make-rprivate /
mount --bind "$1" "$1"
mount --bind /dev "$1/dev"
mount -t proc -o subset=pid proc "$1/proc"
mount -o remount,bind,ro "$1"
root="$1"; user="$2"; shift 2
exec chroot --userspec="$user" "$root" "$@"
`;

const enter = (folder: string, user: string, ...command: readonly string[]): readonly string[] => [
  "--mount",
  "sh",
  "-c",
  ENTER,
  "sh",
  folder,
  user,
  ...command,
];

/** An empty folder that everybody may look into, as an image's root. */
function emptyRoot(): string {
  const folder = mkdtempSync(join(tmpdir(), "llmproxy-image-"));
  chmodSync(folder, 0o755);
  for (const path of ["dev", "proc"]) mkdirSync(join(folder, path));
  return folder;
}

/** The files that the image has: the binary where the Dockerfile puts it, and its libraries. */
function makeRoot(): { readonly folder: string; readonly libraries: readonly string[] } {
  const folder = emptyRoot();
  const put = (from: string, to: string): void => {
    mkdirSync(join(folder, dirname(to)), { recursive: true });
    copyFileSync(from, join(folder, to));
  };
  const [, to = ""] = /(\S+)$/.exec(all(stage, "COPY")[0] ?? "") ?? [];
  put(binary, to);
  const libraries = [...execFileSync("ldd", [binary], { encoding: "utf8" }).matchAll(/(\/\S+) \(0x/g)].map(
    ([, path = ""]) => path,
  );
  for (const path of libraries) put(path, path);
  mkdirSync(join(folder, "etc/llmproxy"), { recursive: true });
  return { folder, libraries };
}

const canEnter = (): boolean => {
  const folder = emptyRoot();
  try {
    // Without a program in it, chroot gets as far as 127: not found.
    return spawnSync("unshare", enter(folder, "65532:65532", "/none")).status === 127;
  } finally {
    rmSync(folder, { recursive: true });
  }
};

describe.skipIf(process.env["PROGRAMS"]?.split(",").includes("binary") === false)("the image", () => {
  const scope = createScope();
  afterAll(() => scope.close());
  const { folder, libraries } = makeRoot();
  scope.defer(() => rmSync(folder, { recursive: true }));

  test("needs no library that its base does not have", () => {
    expect(libraries.length).toBeGreaterThan(1);
    expect(libraries.map((path) => path.replace(/^.*\//, "")).filter((name) => !BASE.includes(name))).toEqual(
      [],
    );
  });

  test.skipIf(!canEnter())("serves as its user on a read-only root that holds nothing else", async () => {
    const upstream = await startUpstream();
    scope.defer(() => upstream.close());
    upstream.otherwise(ok());
    const [user = ""] = all(stage, "USER");
    const command = [
      ...JSON.parse(all(stage, "ENTRYPOINT")[0] ?? ""),
      ...JSON.parse(all(stage, "CMD")[0] ?? ""),
    ];
    // By a name, so that name resolution is needed too.
    const url = upstream.url.replace("127.0.0.1", "localhost");
    writeFileSync(join(folder, "etc/llmproxy/config.yaml"), simpleConfig({ upstreams: [["one", url]] }));
    writeFileSync(join(folder, "etc/hosts"), "127.0.0.1 localhost\n");
    const before = readdirSync(folder, { recursive: true }).toSorted();

    const child = spawn("unshare", enter(folder, user, ...command), {
      env: {},
      stdio: ["ignore", "pipe", "pipe"],
    });
    scope.defer(() => child.kill("SIGKILL"));
    const changes = createChanges();
    const lines: string[] = [];
    for (const stream of [child.stdout, child.stderr]) {
      createInterface({ input: stream }).on("line", (line) => {
        lines.push(line);
        changes.changed();
      });
    }
    let code: number | null | undefined;
    child.on("close", (status) => {
      code = status;
      changes.changed();
    });
    const listening = await changes.until(
      () => lines.find((line) => line.includes('"name":"main"')) ?? (code !== undefined && "gone"),
      10_000,
      "the image listens",
    );
    expect([listening === "gone", listening === "gone" && lines]).toEqual([false, false]);

    const { port } = JSON.parse(listening) as { port: number };
    expect((await request(port, "/v1/models")).status).toBe(200);
    const status = readFileSync(`/proc/${child.pid}/status`, "utf8");
    const [uid] = user.split(":");
    expect(status).toMatch(new RegExp(`^Uid:\\s+${uid}\\s+${uid}\\s+${uid}\\s+${uid}$`, "m"));
    expect(status).toMatch(/^CapEff:\s+0+$/m);
    expect(readFileSync(`/proc/${child.pid}/mountinfo`, "utf8")).toMatch(/^(?:\S+ ){4}\/ ro,/m);

    child.kill("SIGTERM");
    await changes.until(() => code !== undefined, 10_000, "the image ends");
    expect([code, lines.at(-1)]).toEqual([0, expect.stringContaining('"stopped"')]);
    expect(readdirSync(folder, { recursive: true }).toSorted()).toEqual(before);
  });
});
