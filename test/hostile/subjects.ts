/** What the cases are sent to: our programs, and nginx and HAProxy beside them, each with a port and an upstream a case. */

import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { ProgramName } from "../support/program-command.ts";
import { type RunningProxy, startProgram } from "../support/programs.ts";
import { connect } from "../support/raw-client.ts";
import { eventually, type Scope } from "../support/wait.ts";

export const PEERS = ["nginx", "haproxy"] as const;
export type Peer = (typeof PEERS)[number];
export type SubjectName = ProgramName | Peer;

/** Something that listens on one port a case. */
export interface Subject {
  port(lane: number): number;
  /** Ours only. */
  readonly proxy?: RunningProxy;
}

/** @param upstreams ports of the recorders, one a lane */
export async function startOurs(
  program: ProgramName,
  upstreams: readonly number[],
  scope: Scope,
): Promise<Subject> {
  const proxy = await startProgram(program, ourConfig(upstreams));
  scope.defer(() => proxy.stop(2_000));
  return { port: (lane) => proxy.port(`lane-${lane}`), proxy };
}

export function isInstalled(peer: Peer): boolean {
  try {
    execFileSync(peer, ["-v"], { stdio: "ignore" });
    return true;
  } catch {
    return false;
  }
}

export async function startPeer(peer: Peer, upstreams: readonly number[], scope: Scope): Promise<Subject> {
  const folder = mkdtempSync(join(tmpdir(), "llmproxy-hostile-"));
  scope.defer(() => rmSync(folder, { recursive: true, force: true }));
  const ports = await freePorts(upstreams.length);
  const lanes = upstreams.map((upstream, lane) => ({ upstream, port: ports[lane] ?? 0 }));
  const file = join(folder, `${peer}.conf`);
  mkdirSync(join(folder, "logs"));
  writeFileSync(file, peer === "nginx" ? nginxConfig(folder, lanes) : haproxyConfig(lanes));
  const args = peer === "nginx" ? ["-p", folder, "-c", file] : ["-f", file];
  const child = spawn(peer, args, { stdio: ["ignore", "ignore", "pipe"] });
  let said = "";
  child.stderr?.setEncoding("utf8").on("data", (text: string) => {
    said += text;
  });
  scope.defer(() => ended(child));
  const last = ports.at(-1) ?? 0;
  await eventually(
    async () => {
      if (child.exitCode !== null) throw new Error(`${peer} ended: ${said}`);
      const connection = await connect(last).catch(() => undefined);
      connection?.close();
      return connection !== undefined;
    },
    10_000,
    `${peer} listens`,
  );
  return { port: (lane) => ports[lane] ?? 0 };
}

function ended(child: ChildProcess): Promise<void> {
  return new Promise((resolve) => {
    if (child.exitCode !== null || child.signalCode !== null) return resolve();
    child.once("exit", () => resolve());
    child.kill("SIGTERM");
  });
}

/** Ports that were free a moment ago. */
async function freePorts(count: number): Promise<readonly number[]> {
  const servers = await Promise.all(
    Array.from({ length: count }, async () => {
      const server = createServer();
      await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
      return server;
    }),
  );
  return Promise.all(
    servers.map(async (server) => {
      const address = server.address();
      await new Promise((resolve) => server.close(resolve));
      return typeof address === "object" && address !== null ? address.port : 0;
    }),
  );
}

function ourConfig(upstreams: readonly number[]): string {
  const list = (item: (port: number, lane: number) => string): string => upstreams.map(item).join("\n");
  return `
http_server:
  forwards:
${list((_, lane) => `    - {name: lane-${lane}, port: 0, address: 127.0.0.1, upstream_group: lane-${lane}, timeout: {connect: 3, body: 2}}`)}
  admin: {port: 0, address: 127.0.0.1}
upstreams:
${list((port, lane) => `  - {name: lane-${lane}, url: "http://127.0.0.1:${port}", headers: [{op: replace, key: x-team, value: ours}]}`)}
upstream_groups:
${list((_, lane) => `  - {name: lane-${lane}, upstreams: [{name: lane-${lane}}]}`)}
`;
}

interface Lane {
  readonly port: number;
  readonly upstream: number;
}

/** As Debian has it, with connections to upstreams that are used again, and the time limits of our programs. */
function nginxConfig(folder: string, lanes: readonly Lane[]): string {
  const temporary = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"].map(
    (name) => `${name}_temp_path ${join(folder, name)};`,
  );
  return `
daemon off;
worker_processes 1;
pid ${join(folder, "pid")};
error_log ${join(folder, "error.log")};
events { worker_connections 2048; }
http {
  access_log off;
  ${temporary.join(" ")}
  client_header_timeout 3s;
  client_body_timeout 2s;
  proxy_http_version 1.1;
  proxy_set_header Connection "";
  proxy_set_header X-Team ours;
${lanes
  .map(
    ({ port, upstream }, lane) => `
  upstream lane-${lane} { server 127.0.0.1:${upstream}; keepalive 4; }
  server {
    listen 127.0.0.1:${port};
    location / { proxy_pass http://lane-${lane}; proxy_set_header Host 127.0.0.1:${upstream}; }
  }`,
  )
  .join("")}
}
`;
}

function haproxyConfig(lanes: readonly Lane[]): string {
  return `
global
  maxconn 2048
defaults
  mode http
  timeout connect 5s
  timeout client 30s
  timeout server 30s
  timeout http-request 3s
  option http-buffer-request
${lanes
  .map(
    ({ port, upstream }, lane) => `
listen lane-${lane}
  bind 127.0.0.1:${port}
  http-request set-header host 127.0.0.1:${upstream}
  http-request set-header x-team ours
  server only 127.0.0.1:${upstream}
`,
  )
  .join("")}
`;
}
