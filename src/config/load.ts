/** A YAML file → the {@link Config}, or everything that is wrong with it at once. */

import * as v from "valibot";
import type { Secret } from "../base/secret.ts";
import { advise, isOlderKind } from "./advice.ts";
import { assemble } from "./assemble.ts";
import type { Config } from "./config.ts";
import { aboutFile, type Diagnostic } from "./diagnostics.ts";
import { readFiles } from "./files.ts";
import { reportIssue } from "./issues.ts";
import { checkNames } from "./names.ts";
import { createNearest } from "./nearest.ts";
import { find, type Node, type Path } from "./node.ts";
import { relativeTo } from "./path.ts";
import { readPemFiles } from "./pem-files.ts";
import { adminOf } from "./plain.ts";
import { filesOf, resolve, type Sources } from "./references.ts";
import { secretFieldValue } from "./schema/values.ts";
import { configSchema } from "./schema.ts";
import { shape } from "./shape.ts";
import { readYaml, type YamlFile } from "./yaml.ts";

export { type Diagnostic, formatDiagnostic } from "./diagnostics.ts";

export interface LoadDeps {
  /** Rejects with an `Error` whose message says why. */
  readonly readTextFile: (path: string) => Promise<string>;
  readonly env: (name: string) => string | undefined;
}

export interface LoadResult {
  /** Absent when there are errors. */
  readonly config?: Config;
  /** In the order of the file. */
  readonly errors: readonly Diagnostic[];
  readonly warnings: readonly Diagnostic[];
  /** The config file itself could not be read: the one error says why. */
  readonly unreadable?: true;
}

/** Reads and checks a config file and the files that it names, relative to its folder. Never rejects. */
export async function loadConfig(path: string, deps: LoadDeps): Promise<LoadResult> {
  const contents = await readFiles([path], deps.readTextFile);
  const content = contents.get(path) ?? { problem: "not read" };
  if ("text" in content) return parseConfig(content.text, { file: path, ...deps });
  return { errors: [aboutFile(path, `can't be read: ${content.problem}`)], warnings: [], unreadable: true };
}

/** Checks a config that is at hand; `file` is what diagnostics call it. Never rejects. */
export async function parseConfig(
  text: string,
  deps: LoadDeps & { readonly file: string },
): Promise<LoadResult> {
  const yaml = readYaml(text, deps.file);
  const { root, report } = yaml;
  const config = root === undefined ? undefined : await check(yaml, root, deps);
  const [errors, warnings] = [report.errors(), report.warnings()];
  return { ...(config !== undefined && errors.length === 0 && { config }), errors, warnings };
}

/** The config if the schema accepts the file; whether all else does too is for the reporter to say. */
async function check(
  { referring, report }: YamlFile,
  root: Node,
  { file, env, readTextFile }: LoadDeps & { readonly file: string },
): Promise<Config | undefined> {
  const nearest = createNearest();
  const error = (path: Path, message: string): void => report.error(find(root, path).at, path, message);
  const warn = (path: Path, message: string): void => report.warning(find(root, path).at, path, message);

  const referred = referring.flatMap(({ value }) => filesOf(String(value)));
  const files = await readFiles(
    referred.map((path) => relativeTo(file, path)),
    readTextFile,
  );
  const sources: Sources = { env, file: (path) => files.get(relativeTo(file, path)) };

  const shaped = shape(root, configSchema, { report, nearest, resolve: (node) => resolve(node, sources) });
  const plain = shaped.value;
  const parsed = v.safeParse(configSchema, plain);
  for (const issue of parsed.issues ?? []) {
    reportIssue(issue, { root, schema: configSchema, failed: shaped.failed, report, nearest });
  }
  checkNames(plain, { nearest, error });
  const pem = await readPemFiles(plain, { configFile: file, readTextFile, error });
  const adminToken = readAdminToken(plain, env, error);

  advise(plain, warn);
  if (isOlderKind(plain)) {
    for (const { at, path } of shaped.implicitlyOn) report.warning(at, path, IMPLICITLY_ON);
  }
  return parsed.success ? assemble(parsed.output, plain, { pem, adminToken }) : undefined;
}

const IMPLICITLY_ON =
  "is on because the block is present. Write enabled: true to keep it on without this warning, or enabled: false to turn it off";

const ADMIN_TOKEN = "LLMPROXY_ADMIN_AUTH_TOKEN";

/** The admin token of the environment, if there is one and an admin port to guard. */
function readAdminToken(
  plain: unknown,
  env: LoadDeps["env"],
  error: (path: Path, message: string) => void,
): Secret | undefined {
  const [admin] = adminOf(plain);
  const token = admin && env(ADMIN_TOKEN);
  if (admin === undefined || token === undefined || token === "") return undefined;
  const parsed = v.safeParse(secretFieldValue(), token);
  if (parsed.success) return parsed.output;
  error(
    [...admin.path, "auth", "token"],
    `found *** in ${ADMIN_TOKEN}, expected ${v.getDescription(secretFieldValue())}`,
  );
  return undefined;
}
