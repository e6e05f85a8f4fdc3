/** The PEM files of a config: certificates, keys and private roots. */

import { readFiles } from "./files.ts";
import type { Path } from "./node.ts";
import { relativeTo } from "./path.ts";
import { isFilePath, type PemKind, pemProblem } from "./pem.ts";
import { adminOf, forwardsOf, mapIn, textIn, upstreamsOf } from "./plain.ts";

export interface PemDeps {
  readonly configFile: string;
  readonly readTextFile: (path: string) => Promise<string>;
  readonly error: (path: Path, message: string) => void;
}

/** Reads and checks them. Returns the text of a path as the config writes it. */
export async function readPemFiles(
  config: unknown,
  { configFile, readTextFile, error }: PemDeps,
): Promise<(path: string) => string> {
  const places = pemPlaces(config);
  const contents = await readFiles(
    places.map(({ file }) => relativeTo(configFile, file)),
    readTextFile,
  );
  for (const { file, path, kind } of places) {
    const content = contents.get(relativeTo(configFile, file)) ?? { problem: "not read" };
    const problem =
      "problem" in content ? `the file can't be read: ${content.problem}` : pemProblem(content.text, kind);
    if (problem !== undefined) error(path, `found ${JSON.stringify(file)}: ${problem}`);
  }
  return (file) => {
    const content = contents.get(relativeTo(configFile, file));
    return content !== undefined && "text" in content ? content.text : "";
  };
}

interface PemPlace {
  readonly file: string;
  readonly path: Path;
  readonly kind: PemKind;
}

function pemPlaces(config: unknown): readonly PemPlace[] {
  const listeners = [...forwardsOf(config), ...adminOf(config)];
  return [
    ...listeners.flatMap(({ value, path }) => [
      ...place(value, path, "cert", "certificate"),
      ...place(value, path, "key", "key"),
    ]),
    ...upstreamsOf(config).flatMap(({ value, path }) => place(value, path, "ca", "certificate")),
  ];
}

function place(owner: unknown, path: Path, key: string, kind: PemKind): readonly PemPlace[] {
  const file = textIn(mapIn(owner, "tls"), key);
  return file === undefined || !isFilePath(file) ? [] : [{ file, path: [...path, "tls", key], kind }];
}
