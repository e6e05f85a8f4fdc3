/** Proxies of other people's that are measured beside ours: the table `peers.json`, see README.md. */

import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Ways } from "./config.ts";
import type { Program } from "./programs.ts";

/**
 * In a command and in a file's text, `{folder}` is a folder of its own, `{requests.port}` and `{streams.port}` are where
 * it listens, `{requests.upstream}` and `{streams.upstream}` are the ports of this machine that it sends to.
 */
interface Peer {
  readonly name: string;
  readonly command: readonly string[];
  /** Prints its version, in its first line. */
  readonly version?: readonly string[];
  /** Text by name, or lines. */
  readonly files?: Readonly<Record<string, string | readonly string[]>>;
}

/** Those of a file that are installed here; of the others, `say` is told. */
export function peersOf(file: string, say: (line: string) => void): readonly Program[] {
  const table = JSON.parse(readFileSync(file, "utf8")) as readonly Peer[];
  return table
    .filter(({ name, command: [program = ""] }) => {
      const isInstalled = Bun.which(program) !== null;
      if (!isInstalled) say(`${name} is left out: there is no ${program} here`);
      return isInstalled;
    })
    .map(programOf);
}

function programOf({ name, command, version, files = {} }: Peer): Program {
  return {
    name,
    kind: "peer",
    ...(version !== undefined && { version }),
    command(ways, folder) {
      const fill = filler(ways, folder);
      for (const [path, text] of Object.entries(files)) {
        writeFileSync(join(folder, path), fill([text].flat().join("\n")));
      }
      return command.map(fill);
    },
  };
}

/** Replaces placeholders; other braces stay as they are. */
function filler({ requests, streams }: Ways, folder: string): (text: string) => string {
  const values: Readonly<Record<string, string>> = {
    folder,
    "requests.port": String(requests.port),
    "requests.upstream": String(requests.upstream),
    "streams.port": String(streams.port),
    "streams.upstream": String(streams.upstream),
  };
  return (text) => text.replace(/\{([\w.]+)\}/g, (all, key: string) => values[key] ?? all);
}
