/** Upstreams that lie or never come to the point: each costs a bounded amount of memory, and flows or fails clearly. */

import { gzipSync } from "node:zlib";
import { expect } from "vitest";
import * as wire from "../../conformance/wire.ts";
import { drained, ok, raw, rawThenFin } from "../../support/behaviours.ts";
import { contract, type Kit, type Row, uniquePath } from "../../support/contract.ts";
import type { Behaviour, FaultUpstream } from "../../support/fault-upstream.ts";
import type { RunningProxy } from "../../support/programs.ts";
import { chunkBytes, request } from "../../support/raw-request.ts";

interface Fixture {
  readonly a: FaultUpstream;
  readonly b: FaultUpstream;
  readonly proxy: RunningProxy;
}

async function setup({ upstream, start }: Kit): Promise<Fixture> {
  const a = await upstream({ keepAlive: false });
  const b = await upstream({ keepAlive: false });
  const yaml = `
http_server:
  forwards:
    - {name: main, port: 0, address: 127.0.0.1, upstream_group: pool}
  admin: {port: 0, address: 127.0.0.1}
upstreams:
  - {name: a, url: "${a.url}"}
  - {name: b, url: "${b.url}"}
upstream_groups:
  - name: pool
    upstreams: [{name: a}, {name: b}]
    balance: {strategy: failover}
    http_client: {timeout: {request: 5, stall: 5}}
`;
  return { a, b, proxy: await start(yaml) };
}

const MIB = 1024 * 1024;
const FLOOD = 128 * MIB;

/** So many bytes of what a block holds, in an event stream, as fast as the proxy takes them. */
function floodOf(block: string, first = ""): Behaviour {
  const piece = chunkBytes(block);
  return async ({ body, socket, write }) => {
    await body();
    write(wire.SSE + (first === "" ? "" : wire.chunk(first)));
    for (let sent = 0; sent < FLOOD && !socket.destroyed; sent += block.length) {
      if (!socket.write(piece)) await drained({ socket });
    }
    if (!socket.destroyed) socket.write(wire.END);
  };
}

/** Runs a flood through and says by how much the program grew, in MiB. */
async function grownBy({ a, proxy }: Fixture, behaviour: Behaviour): Promise<number> {
  const path = uniquePath("/v1/chat/completions");
  a.on(path, behaviour);
  const before = proxy.residentBytes();
  let most = before;
  const sampling = setInterval(() => {
    most = Math.max(most, proxy.residentBytes());
  }, 20);
  const answer = await request(proxy.port("main"), path, {
    body: '{"stream":true}',
    keep: false,
    deadline: 60_000,
  });
  clearInterval(sampling);
  expect([answer.status, answer.end]).toEqual([200, "complete"]);
  return (most - before) / MIB;
}

const rows: readonly Row<Fixture & Kit>[] = [
  {
    name: "comments without end before any content flow, and are not kept",
    timeout: 90_000,
    run: async (fixture) =>
      expect(await grownBy(fixture, floodOf(`: ${"x".repeat(65_000)}\n`))).toBeLessThan(100),
  },
  {
    name: "a first event without end flows, and is not kept",
    timeout: 90_000,
    run: async (fixture) =>
      expect(await grownBy(fixture, floodOf("x".repeat(65_000), "data: "))).toBeLessThan(100),
  },
  {
    name: "a compressed answer is passed on unopened",
    async run({ a, proxy }) {
      const path = uniquePath();
      const bomb = gzipSync(Buffer.alloc(32 * MIB));
      a.on(path, async ({ body, write }) => {
        await body();
        write(`HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\ncontent-length: ${bomb.length}\r\n\r\n`);
        write(bomb);
      });
      const answer = await request(proxy.port("main"), path, { headers: [["accept-encoding", "gzip"]] });
      // Deno decodes what it did not ask for; it streams, so that the bomb is never whole in memory.
      const size = answer.body.length;
      expect([bomb.length, 32 * MIB]).toContain(size);
    },
  },
  {
    name: "a length that is longer than the body is a cut",
    async run({ a, proxy }) {
      const path = uniquePath();
      a.on(path, async ({ body, write, socket }) => {
        await body();
        write("HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nhalf");
        setTimeout(() => socket.end(), 50);
      });
      const answer = await request(proxy.port("main"), path);
      expect(answer.status).toBe(200);
      expect(["cut", "reset"]).toContain(answer.end);
    },
  },
  {
    name: "headers without end, and both kinds of length, move on to the next upstream",
    timeout: 30_000,
    async run({ a, b, proxy }) {
      const endless: Behaviour = async ({ body, socket, write }) => {
        await body();
        write("HTTP/1.1 200 OK\r\n");
        for (let i = 0; i < 4_000 && !socket.destroyed; i += 1) write(`x-${i}: ${"y".repeat(1_000)}\r\n`);
      };
      const both = raw(
        "HTTP/1.1 200 OK\r\ncontent-length: 3\r\ntransfer-encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n",
      );
      for (const behaviour of [endless, both, rawThenFin("HTTP/1.1 200 OK\r\ncontent-length: x\r\n\r\n")]) {
        const path = uniquePath("/v1/chat/completions");
        a.on(path, behaviour);
        b.on(path, ok());
        const answer = await request(proxy.port("main"), path, { body: "{}" });
        expect([answer.status, answer.header("x-llmproxy-upstream")]).toEqual([200, "b"]);
      }
    },
  },
];

contract("upstreams that lie", setup, rows);
