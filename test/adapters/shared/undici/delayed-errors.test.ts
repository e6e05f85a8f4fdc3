import { connect, createServer, type Server, type Socket } from "node:net";
import { afterEach, expect, test } from "vitest";
import { delayErrors } from "../../../../adapters/shared/undici/delayed-errors.ts";

let server: Server | undefined;
afterEach(() => server?.close());

/** Both ends of a connection. */
async function pair(): Promise<readonly [own: Socket, peer: Socket]> {
  const listener = createServer();
  server = listener;
  await new Promise<void>((resolve) => listener.listen(0, "127.0.0.1", resolve));
  const address = listener.address();
  const own = connect({ host: "127.0.0.1", port: typeof address === "object" && address ? address.port : 0 });
  const peer = await new Promise<Socket>((resolve) => listener.once("connection", resolve));
  return [own, peer];
}

/** An error as a socket gets it from the system. */
function systemError(code: string, syscall: string): NodeJS.ErrnoException {
  return Object.assign(new Error(`${syscall} ${code}`), { code, syscall });
}

/** Its writes fail with `error`. */
function breakWrites(socket: Socket, error: Error): void {
  socket._write = (_chunk, _encoding, done) => done(error);
  delete socket._writev;
}

test("bytes that came are read before a failed write is reported", async () => {
  const [own, peer] = await pair();
  const failure = systemError("EPIPE", "write");
  breakWrites(own, failure);
  const writeError = delayErrors(own);
  own.write("request");
  expect([own.destroyed, writeError()]).toEqual([false, failure]);
  let read = "";
  own.on("data", (chunk) => {
    read += String(chunk);
  });
  const ended = new Promise((resolve) => own.once("end", resolve));
  peer.end("answer");
  await ended;
  expect(read).toBe("answer");
  own.destroy();
});

test("a failed write is reported when nothing more comes", async () => {
  const [own, peer] = await pair();
  const failure = systemError("ECONNRESET", "write");
  breakWrites(own, failure);
  delayErrors(own);
  const failed = new Promise((resolve) => own.once("error", resolve));
  own.write("request");
  expect(await failed).toBe(failure);
  peer.destroy();
});

test("a failed read is reported once what came before it has been taken", async () => {
  const [own, peer] = await pair();
  delayErrors(own);
  const failure = systemError("ECONNRESET", "read");
  const failed = new Promise((resolve) => own.once("error", resolve));
  const readable = new Promise((resolve) => own.once("readable", resolve));
  peer.write("answer");
  await readable;
  own.destroy(failure);
  expect(own.destroyed).toBe(false);
  expect(String(own.read())).toBe("answer");
  expect(await failed).toBe(failure);
  peer.destroy();
});

test("other errors are reported at once", async () => {
  const [own, peer] = await pair();
  const writeError = delayErrors(own);
  const failure = systemError("ETIMEDOUT", "read");
  const failed = new Promise((resolve) => own.once("error", resolve));
  own.destroy(failure);
  expect([own.destroyed, writeError()]).toEqual([true, undefined]);
  expect(await failed).toBe(failure);
  peer.destroy();
});
