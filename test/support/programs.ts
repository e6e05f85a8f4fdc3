/** The four programs as their users start them, each in an empty folder of its own. */

import { type ChildProcess, spawn } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { parse } from "yaml";
import { withHosts } from "./own-hosts.ts";
import { commandOf, type ProgramName, ROOT } from "./program-command.ts";
import { createChanges } from "./wait.ts";

/** A line of a program's log. */
export type LogLine = Readonly<Record<string, unknown>>;

/** A program that runs, or has run. */
export interface Program {
  /** Of the program itself, also where a script stands between. */
  readonly pid: number;
  readonly folder: string;
  readonly log: readonly LogLine[];
  /** Everything on standard output and standard error. */
  readonly stdout: string;
  readonly stderr: string;
  /** Resolves with the first log line that fits, also an earlier one. */
  logged(fits: (line: LogLine) => boolean, ms?: number): Promise<LogLine>;
  signal(name: NodeJS.Signals): void;
  /** Resolves with its exit code, or null when a signal ended it. */
  exited(ms?: number): Promise<number | null>;
  /** Ends it: SIGTERM, and SIGKILL when that takes longer than `ms`. Removes its folder. */
  stop(ms?: number): Promise<void>;
}

/** A program that listens. */
export interface RunningProxy extends Program {
  /** Port of the forward of that name. */
  port(forward: string): number;
  readonly adminPort: number;
  /** Resident bytes. */
  residentBytes(): number;
}

export interface RunOptions {
  readonly args?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  /** Files to write into the folder, by name. */
  readonly files?: Readonly<Record<string, string>>;
  /**
   * Flags of `deno run`.
   * @default those of `deno task start`
   */
  readonly denoFlags?: readonly string[];
  /** Limit of its file descriptors. */
  readonly openFiles?: number;
  /** A file descriptor for its standard output, of which nothing is read here: a program's ports must be known then. */
  readonly stdout?: number;
  /** One of `files` that is its hosts file: where `hasOwnHosts()`. */
  readonly hosts?: string;
}

/** Runs a program with exactly these arguments, in a folder with `files`. */
export function run(
  name: ProgramName,
  { args = [], env = {}, files = {}, denoFlags, openFiles, stdout, hosts }: RunOptions = {},
): Program {
  const { command, args: first, built } = limited(commandOf(name, denoFlags), openFiles);
  if (built !== undefined && !existsSync(join(ROOT, built))) {
    throw new Error(`${built} is missing: run "npm run build && npm run compile" first`);
  }
  const folder = mkdtempSync(join(tmpdir(), "llmproxy-test-"));
  for (const [file, text] of Object.entries(files)) writeFileSync(join(folder, file), text);
  const all = [...first, ...args];
  const started = hosts === undefined ? { command, args: all } : withHosts(hosts, command, all);
  const child = spawn(started.command, started.args, {
    cwd: folder,
    env: { ...inherited(), ...env },
    stdio: ["ignore", stdout ?? "pipe", "pipe"],
  });
  return follow(child, folder, name);
}

function limited(own: ReturnType<typeof commandOf>, openFiles?: number): ReturnType<typeof commandOf> {
  if (openFiles === undefined) return own;
  const script = 'ulimit -n "$0" && exec "$@"';
  return { ...own, command: "sh", args: ["-c", script, String(openFiles), own.command, ...own.args] };
}

function inherited(): Record<string, string> {
  const names = ["PATH", "HOME", "DENO_DIR", "TMPDIR", "LANG"];
  const pairs = names.flatMap((name) => {
    const value = process.env[name];
    return value === undefined ? [] : [[name, value] as const];
  });
  return { ...Object.fromEntries(pairs), NO_COLOR: "1" };
}

function follow(child: ChildProcess, folder: string, name: ProgramName): Program {
  const changes = createChanges();
  const log: LogLine[] = [];
  let stdout = "";
  let stderr = "";
  let exit: { readonly code: number | null } | undefined;
  const { stdout: out, stderr: err } = child;
  if (err === null) throw new Error("no pipe");
  if (out !== null) {
    createInterface({ input: out }).on("line", (line) => {
      stdout += `${line}\n`;
      const parsed = parseLine(line);
      if (parsed !== undefined) log.push(parsed);
      changes.changed();
    });
  }
  err.setEncoding("utf8").on("data", (text: string) => {
    stderr += text;
  });
  child.on("error", (error) => {
    stderr += String(error);
    exit ??= { code: null };
    changes.changed();
  });
  child.on("close", (code) => {
    exit ??= { code };
    changes.changed();
  });
  const killAtEnd = (): void => {
    child.kill("SIGKILL");
  };
  process.on("exit", killAtEnd);
  const pid = (): number => leafOf(child.pid ?? 0);
  const signal = (signalName: NodeJS.Signals): void => {
    if (exit === undefined) process.kill(pid(), signalName);
  };
  const exited = async (ms = 10_000): Promise<number | null> =>
    (await changes.until(() => exit, ms, `${name} exits`)).code;
  return {
    get pid() {
      return pid();
    },
    folder,
    log,
    get stdout() {
      return stdout;
    },
    get stderr() {
      return stderr;
    },
    async logged(fits, ms = 5_000) {
      const seen = await changes
        .until(() => log.find(fits) ?? (exit && "gone"), ms, "the log line")
        .catch((error: unknown) => {
          throw new Error(`${String(error)}; the log's end: ${stdout.slice(-800)}`);
        });
      if (seen === "gone")
        throw new Error(`${name} ended with ${exit?.code}: ${stdout.slice(-1500)}${stderr.slice(-1500)}`);
      return seen;
    },
    signal,
    exited,
    async stop(ms = 3_000) {
      signal("SIGTERM");
      await exited(ms).catch(async () => {
        signal("SIGKILL");
        child.kill("SIGKILL");
        await exited();
      });
      process.off("exit", killAtEnd);
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

function parseLine(line: string): LogLine | undefined {
  try {
    const value: unknown = JSON.parse(line);
    return typeof value === "object" && value !== null ? (value as LogLine) : undefined;
  } catch {
    return undefined;
  }
}

/** A package's launcher script starts the program as its only child. */
function leafOf(pid: number): number {
  try {
    const [child] = readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8").trim().split(" ");
    return child === undefined || child === "" ? pid : leafOf(Number(child));
  } catch {
    return pid;
  }
}

/** Starts a program on a config and resolves when all its listeners are there. Configs use `port: 0`. */
export async function startProgram(
  name: ProgramName,
  yaml: string,
  options: RunOptions = {},
): Promise<RunningProxy> {
  const file = "proxy.yaml";
  const program = run(name, {
    ...options,
    args: ["-c", file, ...(options.args ?? [])],
    files: { ...options.files, [file]: yaml },
  });
  try {
    const { forwards, admin } = listenersOf(yaml);
    const ports = new Map<string, number>();
    for (const forward of forwards) {
      ports.set(forward, await portOf((line) => line["listener"] === "forward" && line["name"] === forward));
    }
    const adminPort = admin ? await portOf((line) => line["listener"] === "admin") : 0;
    return Object.create(program, {
      port: {
        value(forward: string): number {
          const port = ports.get(forward);
          if (port === undefined) throw new Error(`no forward ${forward}`);
          return port;
        },
      },
      adminPort: { value: adminPort },
      residentBytes: { value: () => residentBytes(program.pid) },
    }) as RunningProxy;
  } catch (error) {
    await program.stop();
    throw error;
  }

  async function portOf(fits: (line: LogLine) => boolean): Promise<number> {
    const line = await program.logged(
      (candidate) => candidate["msg"] === "listening" && fits(candidate),
      20_000,
    );
    return Number(line["port"]);
  }
}

function listenersOf(yaml: string): { forwards: readonly string[]; admin: boolean } {
  const { http_server: server } = parse(yaml) as {
    http_server: { forwards: readonly { name: string }[]; admin?: unknown };
  };
  return {
    forwards: server.forwards.map(({ name }) => name),
    admin: (server.admin ?? undefined) !== undefined,
  };
}

function residentBytes(pid: number): number {
  const match = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"));
  return Number(match?.[1] ?? Number.NaN) * 1024;
}
