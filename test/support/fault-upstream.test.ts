import { afterEach, expect, test } from "vitest";
import { delta, echo, flood, hang, neverRead, ok, rawThenReset, sse } from "./behaviours.ts";
import { hasOpenssl, makeCertificates } from "./certificates.ts";
import { startConnectProxy } from "./connect-proxy.ts";
import { type FaultUpstream, type FaultUpstreamOptions, startUpstream } from "./fault-upstream.ts";
import { startFullBacklog } from "./full-backlog.ts";
import { connect } from "./raw-client.ts";
import { request, requestBytes } from "./raw-request.ts";
import { createScope, within } from "./wait.ts";

const scope = createScope();
afterEach(() => scope.close());

async function upstream(options?: FaultUpstreamOptions): Promise<FaultUpstream> {
  const started = await startUpstream(options);
  scope.defer(() => started.close());
  return started;
}

test("a script answers the first request by its first behaviour and stays with its last", async () => {
  const { port, on, requests } = await upstream();
  on("/a", ok(1), ok(2));
  const texts: string[] = [];
  for (let i = 0; i < 3; i += 1) texts.push((await request(port, "/a?x=1")).text());
  expect(texts).toEqual(["1", "2", "2"]);
  expect(requests("/a").map(({ target }) => target)).toEqual(["/a?x=1", "/a?x=1", "/a?x=1"]);
});

test("requests are kept byte for byte, chunked ones too", async () => {
  const { port, on, requests } = await upstream();
  on("/e", echo);
  const answer = await request(port, "/e", { chunks: ["ab", "c"], headers: [["X-Odd-Case", "1"]] });
  expect(answer.text()).toBe("abc");
  expect(requests("/e")[0]?.message.rawHead).toContain("\r\nX-Odd-Case: 1\r\n");
});

test("it tells when and how a peer left", async () => {
  const { port, on, request: arrived } = await upstream();
  on("/h", hang);
  for (const [nth, how] of ["fin", "reset"].entries()) {
    const connection = await connect(port);
    scope.defer(() => connection.close());
    await connection.send(requestBytes("/h"));
    const received = await arrived("/h", nth + 1);
    expect(received.left).toBeUndefined();
    if (how === "fin") connection.halfClose();
    else connection.reset();
    await connection.untilClosed().catch(() => {});
    await expect.poll(() => received.left?.how).toBe(how);
  }
});

test("it resets, streams and stops reading", async () => {
  const { port, on } = await upstream();
  on("/r", rawThenReset());
  on("/s", sse([delta("a"), delta("b")], 30));
  on("/n", neverRead);
  await expect(request(port, "/r")).rejects.toThrow("reset");
  expect((await request(port, "/s")).pieces).toHaveLength(2);
  const connection = await connect(port);
  scope.defer(() => connection.close());
  const sending = connection.send(requestBytes("/n", { body: Buffer.alloc(64 * 1024 * 1024) }));
  await expect(within(sending, 500, "the upload")).rejects.toThrow("not within");
  sending.catch(() => {});
});

test("a flood stops when its reader does", async () => {
  const { port, on } = await upstream();
  on("/f", flood(100 * 1024 * 1024));
  const connection = await connect(port);
  scope.defer(() => connection.close());
  const answer = connection.next({ keep: false });
  await connection.send(requestBytes("/f"));
  await answer.head();
  connection.stopReading();
  expect((await answer.end(200)).end).toBe("open");
  connection.goOnReading();
  expect((await answer.end()).bodySize).toBe(100 * 1024 * 1024);
});

test.skipIf(!hasOpenssl())("TLS and a CONNECT tunnel work", async () => {
  const { ca, cert, key } = makeCertificates();
  const { port, on } = await upstream({ tls: { cert, key } });
  on("/t", ok());
  expect((await request(port, "/t", { tls: { ca } })).status).toBe(200);

  const proxy = await startConnectProxy("u:p");
  scope.defer(() => proxy.close());
  const connection = await connect(proxy.port);
  scope.defer(() => connection.close());
  const refused = connection.next();
  await connection.send(`CONNECT localhost:${port} HTTP/1.1\r\nhost: x\r\n\r\n`);
  expect((await refused.end()).status).toBe(407);
  expect(proxy.asked).toEqual([{ line: `CONNECT localhost:${port}`, authorization: undefined }]);
});

test("a full backlog lets a connect hang, after it has served", async () => {
  const { port, block, wake, close } = await startFullBacklog();
  scope.defer(close);
  expect((await request(port, "/")).text()).toBe("ok");
  await block();
  await expect(within(connect(port), 300, "the connect")).rejects.toThrow("not within");
  expect(await wake()).toEqual([]);
  expect((await request(port, "/")).text()).toBe("ok");
});
