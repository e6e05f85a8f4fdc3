/** An upstream that keeps every byte it gets, judges it, and answers each request with the target that it asked for. */

import { createServer, type Socket } from "node:net";
import { type Judged, judge } from "./judge.ts";

export interface Recorder {
  readonly port: number;
  /** All requests, in the order in which they were whole. */
  readonly requests: readonly Judged[];
  /** Bytes that came and are no whole request, by connection; also of those that are closed. */
  readonly unfinished: readonly string[];
  /** What is ambiguous in all that came. */
  readonly faults: readonly string[];
  /** Forgets all that came. */
  forget(): void;
  close(): Promise<void>;
}

export async function startRecorder(): Promise<Recorder> {
  const sockets = new Set<Socket>();
  const requests: Judged[] = [];
  const buffers: { rest: Buffer }[] = [];
  let host = "";

  const server = createServer((socket) => {
    const buffer = { rest: Buffer.alloc(0) };
    buffers.push(buffer);
    sockets.add(socket);
    socket.on("error", () => socket.destroy());
    socket.on("close", () => sockets.delete(socket));
    socket.on("data", (data: Buffer) => {
      buffer.rest = Buffer.concat([buffer.rest, data]);
      for (let next = judge(buffer.rest, host); next !== undefined; next = judge(buffer.rest, host)) {
        requests.push(next);
        buffer.rest = buffer.rest.subarray(next.length);
        const body = next.target;
        socket.write(
          `HTTP/1.1 200 OK\r\ncontent-type: text/plain\r\ncontent-length: ${body.length}\r\n\r\n${body}`,
          "latin1",
        );
        if (next.isBroken) socket.end();
      }
    });
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(0, "127.0.0.1", resolve);
  });
  const address = server.address();
  const port = typeof address === "object" && address !== null ? address.port : 0;
  host = `127.0.0.1:${port}`;

  return {
    port,
    requests,
    get unfinished() {
      return buffers.map(({ rest }) => rest.toString("latin1")).filter((rest) => rest !== "");
    },
    get faults() {
      return requests.flatMap(({ faults }) => faults);
    },
    forget() {
      requests.length = 0;
      for (const buffer of buffers) buffer.rest = Buffer.alloc(0);
    },
    async close() {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
