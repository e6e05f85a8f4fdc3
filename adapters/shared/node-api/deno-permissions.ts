import type { Access, Endpoint } from "../../../src/runtime/runtime.ts";

/**
 * Variables that parts of the program read beside those of its configuration: undici's parser is chosen by the first two,
 * without which it can send nothing, and the third says whether text for a terminal is coloured.
 */
const OWN_VARIABLES: readonly string[] = ["JEST_WORKER_ID", "UNDICI_NO_WASM_SIMD", "NO_COLOR"];

/** What the program opens to find out whether file descriptors are left. */
const OWN_FILES: readonly string[] = ["/dev/null"];

/**
 * The flags with which `deno run` lets the program do what is asked of it, and nothing else. On any runtime, so that they
 * can be made where no Deno is.
 *
 * `--no-prompt`, since figures of the process are tried that Deno never gives without asking (`/proc`): they are left out
 * then, and nobody may be asked about anything while requests wait.
 */
export function denoPermissions({ listens, connects, files, variables }: Access): string {
  const flags = [
    "--no-prompt",
    `--allow-net=${list([...listens, ...connects].map(authority))}`,
    `--allow-read=${list([...files.map(grantable), ...OWN_FILES])}`,
    `--allow-env=${list([...variables, ...OWN_VARIABLES])}`,
    // Without it the program may not close the debugger that Deno opens at SIGUSR1.
    "--allow-sys",
  ];
  return flags.map(shellWord).join(" ");
}

function list(items: readonly string[]): string {
  return [...new Set(items)].sort().join(",");
}

function authority({ host, port }: Endpoint): string {
  return `${host.includes(":") ? `[${host}]` : host}:${port}`;
}

/** A comma ends a path in Deno's list, and nothing escapes it: then the folder around it is what can be named. */
function grantable(path: string): string {
  const comma = path.indexOf(",");
  if (comma < 0) return path;
  const folder = path.slice(0, path.lastIndexOf("/", comma) + 1);
  return folder === "" ? "." : folder;
}

/** Quoted where a shell would see more than one word, or more than the word. */
function shellWord(word: string): string {
  return /^[\w@%+=:,./[\]-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}
