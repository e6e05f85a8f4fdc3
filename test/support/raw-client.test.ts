import { createServer, type Socket } from "node:net";
import { afterEach, describe, expect, test } from "vitest";
import { connect } from "./raw-client.ts";
import { request } from "./raw-request.ts";
import { createScope, pause } from "./wait.ts";

const scope = createScope();
afterEach(() => scope.close());

async function serve(answer: (socket: Socket) => void): Promise<number> {
  const server = createServer((socket) => {
    socket.on("error", () => {});
    socket.once("data", () => answer(socket));
    scope.defer(() => socket.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  scope.defer(() => server.close());
  const address = server.address();
  return typeof address === "object" && address !== null ? address.port : 0;
}

const CHUNKED = "HTTP/1.1 200 OK\r\nX-A: 1\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n";

describe("the raw client tells how a body ended", () => {
  const endings: readonly [name: string, bytes: string, finish: (socket: Socket) => void, end: string][] = [
    ["a final chunk is complete", `${CHUNKED}0\r\n\r\n`, () => {}, "complete"],
    ["FIN without a final chunk is a cut", CHUNKED, (socket) => socket.end(), "cut"],
    ["FIN inside the final chunk is a cut", `${CHUNKED}0\r\n`, (socket) => socket.end(), "cut"],
    [
      "RST without a final chunk is a reset",
      CHUNKED,
      (socket) => pause(30).then(() => socket.resetAndDestroy()),
      "reset",
    ],
    ["silence is open", CHUNKED, () => {}, "open"],
    [
      "fewer bytes than content-length is a cut",
      "HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nhello",
      (socket) => socket.end(),
      "cut",
    ],
    ["FIN ends a body without framing", "HTTP/1.1 200 OK\r\n\r\nhello", (socket) => socket.end(), "complete"],
  ];
  test.each(endings)("%s", async (_name, bytes, finish, end) => {
    const port = await serve((socket) => {
      socket.write(bytes);
      finish(socket);
    });
    const answer = await request(port, "/", { deadline: 150 });
    expect([answer.end, answer.text()]).toEqual([end, "hello"]);
  });

  test("bytes that are not HTTP are an error", async () => {
    const port = await serve((socket) =>
      socket.write("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nxyz\r\n"),
    );
    await expect(request(port, "/", { deadline: 1_000 })).rejects.toThrow("not a chunk size");
  });

  test("both lengths are an error", async () => {
    const port = await serve((socket) =>
      socket.write(`${CHUNKED.replace("X-A: 1", "content-length: 5")}0\r\n\r\n`),
    );
    await expect(request(port, "/", { deadline: 1_000 })).rejects.toThrow("beside");
  });
});

test("the raw client keeps names, chunks, trailers and 1xx", async () => {
  const port = await serve((socket) =>
    socket.write(`HTTP/1.1 103 Early Hints\r\nlink: x\r\n\r\n${CHUNKED}3\r\nabc\r\n0\r\nX-T: t\r\n\r\n`),
  );
  const answer = await request(port, "/");
  expect(answer.interim).toEqual([103]);
  expect(answer.headers[0]).toEqual(["X-A", "1"]);
  expect(answer.pieces.map(({ size }) => size)).toEqual([5, 3]);
  expect(answer.trailers).toEqual([["X-T", "t"]]);
});

test("the raw client tells when each byte came and takes a second answer on its connection", async () => {
  const port = await serve((socket) => {
    socket.write(CHUNKED);
    pause(60).then(() => socket.write("1\r\n!\r\n0\r\n\r\nHTTP/1.1 204 No\r\n\r\n"));
  });
  const connection = await connect(port);
  scope.defer(() => connection.close());
  const first = connection.next();
  await connection.send("x");
  const answer = await first.end();
  const gap = (answer.arrivedAt(6) ?? 0) - (answer.arrivedAt(5) ?? 0);
  expect(gap).toBeGreaterThan(40);
  expect((await connection.next().end()).status).toBe(204);
});
