/** A hosts file of a program's own, so that a name has the addresses that a test wants. */

import { execFileSync } from "node:child_process";

const MOUNT = 'mount --bind "$1" /etc/hosts && shift && exec "$@"';

/** A command that runs `command` in a mount namespace (Linux) in which `file` is the hosts file. */
export function withHosts(
  file: string,
  command: string,
  args: readonly string[],
): { readonly command: string; readonly args: readonly string[] } {
  return { command: "unshare", args: ["-rm", "sh", "-c", MOUNT, "sh", file, command, ...args] };
}

/** Whether this machine lets a process have such a namespace. */
export function hasOwnHosts(): boolean {
  const { command, args } = withHosts("/etc/hosts", "true", []);
  try {
    execFileSync(command, args, { stdio: "ignore" });
    return true;
  } catch {
    return false;
  }
}
