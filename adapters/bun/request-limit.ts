/**
 * Bun's client sends 256 requests at once and silently lets the others wait, unless its environment said otherwise
 * before the process began.
 */

const VARIABLE = "BUN_CONFIG_MAX_HTTP_REQUESTS";
/** The most that Bun takes. */
const UNLIMITED = "65535";

/** What Bun has of Node 22.15's process that the types of Node 20 don't know. */
interface Replaceable {
  readonly execve?: (file: string, args: readonly string[], env: NodeJS.ProcessEnv) => never;
}

/**
 * Replaces this process by itself with the limit raised: same process id, arguments and open files. Returns where the
 * variable is set, for example by the process before this one, and where a process can't be replaced (Windows).
 */
export function restartWithoutRequestLimit(): void {
  const self: NodeJS.Process & Replaceable = process;
  if (process.env[VARIABLE] !== undefined || self.execve === undefined) return;
  // A compiled program is its own executable; else the script follows Bun's own arguments.
  const script = Bun.isStandaloneExecutable ? [] : [...process.execArgv, Bun.main];
  const args = [process.execPath, ...script, ...process.argv.slice(2)];
  self.execve(process.execPath, args, { ...process.env, [VARIABLE]: UNLIMITED });
}

/** Whether Bun's own limit of 256 holds. */
export function hasDefaultLimit(): boolean {
  return process.env[VARIABLE] === undefined;
}
