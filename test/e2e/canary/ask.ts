/** Everything that can be asked of a program that holds canaries, and all that it answers. */

import { readFileSync } from "node:fs";
import { expect } from "vitest";
import type { RunningProxy } from "../../support/programs.ts";
import type { Answer } from "../../support/raw-answer.ts";
import { connect } from "../../support/raw-client.ts";
import { request } from "../../support/raw-request.ts";
import { EXPECTED, pathOf } from "./places.ts";
import { bytesOf, client, presented, secrets, sent } from "./stage.ts";

/** Asks for everything that can happen to a request. */
export async function askAll(proxy: RunningProxy, tls: { ca: string }): Promise<readonly Answer[]> {
  const { headers, body, query } = sent;
  const ask = (name: string) => request(proxy.port("main"), pathOf(name) + query, { tls, headers, body });
  const named = await Promise.all(
    Object.entries(EXPECTED).map(async ([name, status]) => {
      const one = await ask(name);
      expect([name, one.status]).toEqual([name, status]);
      return one;
    }),
  );
  // Enough failures to open the breaker.
  const more = await Promise.all(Array.from({ length: 4 }, () => ask("refused")));
  const open = await ask("refused");
  expect(open.status).toBe(503);
  return [...named, ...more, open];
}

/** What the proxy refuses, and what its runtime's parser does. */
export async function askWrongly(proxy: RunningProxy): Promise<readonly string[]> {
  const { headers, body, query } = sent;
  const port = proxy.port("narrow");
  const long = "x".repeat(70_000);
  const answers = await Promise.all([
    request(port, `/too-large${query}`, { headers, body }),
    request(port, `/a/%2e%2e/b${query}`, { headers }),
    request(port, `/trace${query}`, { headers, method: "TRACE" }),
    request(port, `/long${query}${long.slice(0, 17_000)}`, { headers }),
    request(port, `/socket${query}`, {
      headers: [...headers, ["upgrade", "websocket"], ["connection", "upgrade"]],
    }),
    ...Array.from({ length: 8 }, () => request(port, `/limited${query}`, { headers })),
  ]);
  expect(answers.map(({ status }) => status)).toEqual(expect.arrayContaining([413, 429, 501]));
  const { authorization } = client;
  const malformed = await Promise.all(
    [
      `GET /${query} HTTP/1.1\r\nhost: x\r\n${authorization.value}\r\n\r\n`,
      `GET /${query} HTTP/1.1\r\nhost: x\r\nauthorization: ${authorization.value}\r\nx-long: ${long}\r\n\r\n`,
      `${authorization.value}\r\n\r\n`,
    ].map((bytes) => exchangeBytes(port, bytes)),
  );
  return [...answers.map(bytesOf), ...malformed];
}

/** All that comes back for these bytes until the other side closes. */
async function exchangeBytes(port: number, bytes: string): Promise<string> {
  const connection = await connect(port);
  let received = "";
  connection.socket.on("data", (data: Buffer) => {
    received += data.toString("latin1");
  });
  connection.send(bytes).catch(() => undefined);
  await connection.untilClosed();
  return received;
}

export async function askAdmin({ adminPort }: RunningProxy, tls: { ca: string }): Promise<readonly string[]> {
  const tokens = [undefined, presented, secrets.adminFile, secrets.adminEnvironment];
  const answers = await Promise.all(
    ["/health", "/ready", "/metrics", "/health/upstreams", `/nothing${sent.query}`].flatMap((path) =>
      tokens.map((token) =>
        request(adminPort, path, {
          tls,
          headers: token === undefined ? [] : [["authorization", `Bearer ${token.value}`]],
        }),
      ),
    ),
  );
  const statuses = answers.slice(12, 16).map(({ status }) => status);
  expect(statuses).toEqual([401, 401, 401, 503]);
  return answers.map(bytesOf);
}

/** What other users of the machine see of a process. */
export function seenOutside(pid: number): string {
  return ["cmdline", "comm", "status"]
    .map((name) => readFileSync(`/proc/${pid}/${name}`, "latin1"))
    .join("\n");
}
