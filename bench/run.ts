/** Processes of a benchmark: started, waited for, and ended with it. */

import { type ChildProcess, spawn } from "node:child_process";
import { connect, createServer } from "node:net";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { PATH } from "./load/request.ts";

export interface Running {
  readonly pid: number;
  readonly hasEnded: boolean;
  /** Asks it to end, insists after 3 s, and resolves when it has ended. */
  stop(): Promise<void>;
  /** Ends it at once, if it runs. */
  kill(): void;
}

/** A command with the right to open so many files. `sh` fails where the system doesn't allow that. */
function withFiles(command: readonly string[], openFiles: number | undefined): readonly string[] {
  if (openFiles === undefined) return command;
  return ["sh", "-c", 'ulimit -n "$0" && exec "$@"', String(openFiles), ...command];
}

/**
 * What an operator's programs start with. The limit of requests that this run itself has of Bun would spare the programs
 * their restart to raise it, and further certificates would be read at each start of Node.
 */
function environment(): NodeJS.ProcessEnv {
  const env: NodeJS.ProcessEnv = { ...process.env, DENO_NO_UPDATE_CHECK: "1" };
  delete env["BUN_CONFIG_MAX_HTTP_REQUESTS"];
  delete env["NODE_EXTRA_CA_CERTS"];
  return env;
}

/** Starts a command whose output nobody reads, as an access log in a file would be. */
export function start(command: readonly string[], openFiles?: number): Running {
  const [file = "", ...args] = withFiles(command, openFiles);
  const child = spawn(file, args, { stdio: ["ignore", "ignore", "inherit"], env: environment() });
  const { pid } = child;
  child.once("error", () => {});
  if (pid === undefined) throw new Error(`${file} can't be started`);
  return {
    pid,
    get hasEnded() {
      return hasEnded(child);
    },
    stop: () => stopped(child),
    kill: () => void (hasEnded(child) || child.kill("SIGKILL")),
  };
}

const hasEnded = (child: ChildProcess): boolean => child.exitCode !== null || child.signalCode !== null;

async function stopped(child: ChildProcess): Promise<void> {
  if (hasEnded(child)) return;
  const exit = new Promise<void>((resolve) => child.once("exit", () => resolve()));
  child.kill("SIGTERM");
  const timer = setTimeout(() => child.kill("SIGKILL"), 3_000);
  await exit;
  clearTimeout(timer);
}

/** Runs a helper program of Bun's to its end; `onLine` is told of each line that it prints. */
export function helper(
  file: string,
  args: readonly (string | number)[],
  onLine: (line: string) => void,
  openFiles?: number,
): Promise<void> {
  const bare = [process.execPath, join(import.meta.dirname, file), ...args.map(String)];
  const [program = "", ...rest] = withFiles(bare, openFiles);
  const child = spawn(program, rest, { stdio: ["ignore", "pipe", "inherit"] });
  createInterface({ input: child.stdout }).on("line", onLine);
  return new Promise<void>((resolve, reject) => {
    child.once("close", (code) =>
      code === 0 ? resolve() : reject(new Error(`${file} ended with code ${code}`)),
    );
  });
}

/** Runs a command to its end and resolves with what it printed. */
export function output(command: readonly string[]): Promise<string> {
  const [file = "", ...args] = command;
  return new Promise((resolve, reject) => {
    const child = spawn(file, args, { stdio: ["ignore", "pipe", "inherit"] });
    let text = "";
    child.stdout.on("data", (chunk) => {
      text += chunk;
    });
    child.once("error", reject);
    child.once("close", (code) => (code === 0 ? resolve(text) : reject(new Error(`${file}: code ${code}`))));
  });
}

export async function freePort(): Promise<number> {
  const [port = 0] = await freePorts(1);
  return port;
}

/** As many different ones: one that was closed may be given again. */
export async function freePorts(count: number): Promise<number[]> {
  const servers = Array.from({ length: count }, () => createServer().listen(0, "127.0.0.1"));
  await Promise.all(servers.map((server) => new Promise((resolve) => server.once("listening", resolve))));
  const ports = servers.map((server) => {
    const address = server.address();
    if (address === null || typeof address === "string") throw new Error("no port");
    return address.port;
  });
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
  return ports;
}

/** Some proxies load for long before they listen (ms). */
const LONGEST_START = 60_000;

/** Resolves when a port of this machine answers a request with 200; rejects when its process has ended. */
export async function answers(port: number, process: Running, body = "{}"): Promise<void> {
  for (const until = performance.now() + LONGEST_START; performance.now() < until; await Bun.sleep(1)) {
    if (await once(port, body)) return;
    if (process.hasEnded) throw new Error(`what should listen at port ${port} has ended`);
  }
  throw new Error(`nothing answers at port ${port}`);
}

function once(port: number, body: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host: "127.0.0.1", port });
    socket.once("data", (bytes) => {
      resolve(bytes.toString("latin1").startsWith("HTTP/1.1 200"));
      socket.destroy();
    });
    socket.once("error", () => resolve(false));
    socket.once("close", () => resolve(false));
    const type = "content-type: application/json\r\nconnection: close";
    socket.write(
      `POST ${PATH} HTTP/1.1\r\nhost: a\r\n${type}\r\ncontent-length: ${body.length}\r\n\r\n${body}`,
    );
  });
}
