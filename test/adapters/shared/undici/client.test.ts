import { createServer as createHttpServer } from "node:http";
import { createServer as createTlsServer } from "node:https";
import { type AddressInfo, connect } from "node:net";
import { TLSSocket } from "node:tls";
import { gzipSync } from "node:zlib";
import { describe, expect, it, onTestFinished } from "vitest";
import type { ByteStream, Bytes } from "../../../../src/runtime/runtime.ts";
import { hasOpenssl } from "../../../support/certificates.ts";
import { startFullBacklog } from "../../../support/full-backlog.ts";
import { bytes, client, later, selfSigned, startTcp, startUpstream } from "../../node/support.ts";

const OK = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";

/** A connection is free again in the turn of the event loop after its answer's end. */
const nextTurn = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 5));

function streamOf(...parts: readonly string[]): ByteStream {
  const left = [...parts];
  return new ReadableStream<Bytes>(
    {
      pull(controller) {
        const part = left.shift();
        if (part === undefined) controller.close();
        else controller.enqueue(bytes(part));
      },
    },
    { highWaterMark: 0 },
  );
}

/** What an upstream was sent, once `end` has come. */
async function sentBy(act: (url: string) => Promise<Response>, end: string): Promise<string> {
  const seen = later<string>();
  const upstream = await startTcp((raw) => {
    void raw.until(end).then((text) => {
      seen.settle(text);
      raw.socket.write(OK);
    });
  });
  const answer = await act(upstream.url);
  expect(await answer.text()).toBe("ok");
  return (await seen.promise).replaceAll(`:${upstream.port}`, "");
}

describe("what is sent", () => {
  it("is the request line, host, connection and the header pairs in order, and nothing invented", async () => {
    const headers = [
      ["x-b", "2"],
      ["x-a", "1"],
      ["x-b", "\xe9"],
    ] as const;
    const sent = await sentBy((url) => client()(`${url}/p?q=%2f`, { headers }), "\r\n\r\n");
    expect(sent).toBe(
      "GET /p?q=%2f HTTP/1.1\r\nhost: 127.0.0.1\r\nconnection: keep-alive\r\nx-b: 2\r\nx-a: 1\r\nx-b: \xe9\r\n\r\n",
    );
  });

  it("bytes have a length", async () => {
    const sent = await sentBy((url) => client()(url, { method: "POST", body: bytes("abc") }), "abc");
    expect(sent).toMatch(/content-length: 3\r\n\r\nabc$/);
  });

  it("large bytes have a length too and arrive as they are", async () => {
    const text = `${"0123456789".repeat(30_000)}!`;
    const sent = await sentBy((url) => client()(url, { method: "POST", body: bytes(text) }), "!");
    expect(sent.split("\r\n\r\n")[1]).toBe(text);
    expect(sent).toMatch(/content-length: 300001\r\n/);
    expect(sent).not.toMatch(/transfer-encoding/);
  });

  it("a stream is chunked, or has its length where it is known", async () => {
    const chunked = (url: string) => client()(url, { method: "POST", body: streamOf("ab", "c") });
    expect(await sentBy(chunked, "0\r\n\r\n")).toMatch(
      /transfer-encoding: chunked\r\n\r\n2\r\nab\r\n1\r\nc\r\n0\r\n\r\n$/,
    );
    const known = (url: string) =>
      client()(url, { method: "POST", body: streamOf("ab", "c"), bodyLength: 3 });
    expect(await sentBy(known, "abc")).toMatch(/content-length: 3\r\n\r\nabc$/);
  });

  it("a GET may have a body, and a POST without one says length 0", async () => {
    expect(await sentBy((url) => client()(url, { body: bytes("q") }), "\r\n\r\nq")).toMatch(
      /^GET [\s\S]*length: 1/,
    );
    expect(await sentBy((url) => client()(url, { method: "POST" }), "\r\n\r\n")).toMatch(/content-length: 0/);
  });

  it("onProgress is told of the connection and of the last byte", async () => {
    const gate = later();
    const body = new ReadableStream<Bytes>({
      async start(controller) {
        controller.enqueue(bytes("a"));
        await gate.promise;
        controller.enqueue(bytes("b"));
        controller.close();
      },
    });
    let told = 0;
    const first = later();
    const onProgress = (): void => {
      told += 1;
      first.settle();
    };
    const sending = sentBy((url) => client()(url, { method: "POST", body, onProgress }), "0\r\n\r\n");
    await first.promise;
    expect(told).toBe(1);
    gate.settle();
    await sending;
    expect(told).toBe(2);
  });

  it("an upload is read no faster than the upstream takes it", async () => {
    const upstream = await startTcp((raw) => raw.socket.pause());
    let pulled = 0;
    const body = new ReadableStream<Bytes>({
      pull(controller) {
        pulled += 1;
        controller.enqueue(new Uint8Array(65_536));
      },
    });
    const stop = new AbortController();
    const answer = client()(upstream.url, { method: "POST", body, signal: stop.signal });
    let before = -1;
    while (pulled !== before || pulled === 0) {
      before = pulled;
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
    expect(pulled * 65_536).toBeLessThan(32 * 1024 * 1024);
    stop.abort(new Error("enough"));
    await expect(answer).rejects.toThrow("enough");
  });

  it("an upload whose source fails is cut, not ended", async () => {
    const cut = later<string>();
    const upstream = await startTcp((raw) => void raw.closed.then(() => cut.settle(raw.text)));
    let pulls = 0;
    const body = new ReadableStream<Bytes>({
      async pull(controller) {
        pulls += 1;
        if (pulls === 1) controller.enqueue(bytes("part"));
        else controller.error(new Error("client left"));
      },
    });
    const answer = client()(upstream.url, { method: "POST", body });
    await expect(answer).rejects.toMatchObject({ kind: "reset", nothingSent: false });
    expect(await cut.promise).not.toContain("0\r\n\r\n");
  });
});

describe("the answer", () => {
  it("keeps status, status text, fields, several set-cookie and latin1 bytes", async () => {
    const upstream = await startUpstream(
      "HTTP/1.1 503 Tired\r\nSet-Cookie: a=1\r\nSet-Cookie: b=2\r\nX-A: 1\r\nX-A: \xe9\r\nContent-Length: 0\r\n\r\n",
    );
    const answer = await client()(upstream.url);
    expect(answer).toBeInstanceOf(Response);
    expect([answer.status, answer.statusText, answer.ok]).toEqual([503, "Tired", false]);
    expect(answer.headers.getSetCookie()).toEqual(["a=1", "b=2"]);
    expect(answer.headers.get("X-a")).toBe("1, \xe9");
    expect(await answer.text()).toBe("");
  });

  it("is not decoded", async () => {
    const packed = gzipSync("hello");
    const upstream = await startUpstream(
      `HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: ${packed.length}\r\n\r\n${packed.toString("latin1")}`,
    );
    const answer = await client()(upstream.url);
    expect(Buffer.from(await answer.arrayBuffer())).toEqual(packed);
    expect(answer.headers.get("content-encoding")).toBe("gzip");
  });

  it("is not followed when it is a redirect", async () => {
    const upstream = await startUpstream("HTTP/1.1 302 Found\r\nLocation: /x\r\nContent-Length: 2\r\n\r\ngo");
    const answer = await client()(upstream.url);
    expect([answer.status, answer.headers.get("location"), await answer.text()]).toEqual([302, "/x", "go"]);
  });

  it("comes after any 1xx, without its trailers", async () => {
    const upstream = await startUpstream(
      "HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\nHTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\nX-T: 1\r\n\r\n",
    );
    const answer = await client()(upstream.url);
    expect([answer.status, answer.headers.get("link"), await answer.text()]).toEqual([200, null, "ok"]);
    expect(answer.headers.get("x-t")).toBeNull();
  });

  it.each([
    ["HEAD", "200 OK"],
    ["GET", "304 Not Modified"],
  ])("to %s with %s has no body but its content-length", async (method, status) => {
    const upstream = await startUpstream(`HTTP/1.1 ${status}\r\nContent-Length: 7\r\n\r\n`);
    const answer = await client()(upstream.url, { method });
    expect([answer.body, answer.headers.get("content-length")]).toEqual([null, "7"]);
  });

  it("resolves at its head, and chunks come as they come", async () => {
    const next = later();
    const upstream = await startTcp((raw) => {
      void raw.until("\r\n\r\n").then(async () => {
        raw.socket.write("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n");
        await next.promise;
        raw.socket.write("2\r\nok\r\n");
      });
    });
    const answer = await client()(upstream.url);
    next.settle();
    const first = await answer.body?.getReader().read();
    expect(first?.value && new TextDecoder().decode(first.value)).toBe("ok");
  });

  it("is read no faster than it is consumed, and its bytes are all there", async () => {
    const total = 40_000_000;
    const server = later<() => number>();
    const upstream = await startTcp((raw) => {
      server.settle(() => raw.socket.writableLength);
      void raw.until("\r\n\r\n").then(() => {
        raw.socket.write(`HTTP/1.1 200 OK\r\nContent-Length: ${total}\r\n\r\n`);
        raw.socket.write(new Uint8Array(total));
      });
    });
    const answer = await client()(upstream.url);
    const waiting = await server.promise;
    let before = -1;
    while (waiting() !== before) {
      before = waiting();
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
    expect(before).toBeGreaterThan(10_000_000);
    expect((await answer.arrayBuffer()).byteLength).toBe(total);
  });
});

describe("failures", () => {
  it("refused", async () => {
    const upstream = await startTcp(() => undefined);
    upstream.server.close();
    await expect(client()(upstream.url)).rejects.toMatchObject({
      name: "TransportError",
      kind: "refused",
      nothingSent: true,
    });
    await expect(client()(`http://localhost:${upstream.port}`)).rejects.toMatchObject({ kind: "refused" });
  });

  it("dns", async () => {
    await expect(client()("http://no-such-name.invalid")).rejects.toMatchObject({
      kind: "dns",
      nothingSent: true,
    });
  });

  it.each([
    ["closes", (end: () => void) => end()],
    [
      "closes inside the head",
      (end: () => void, write: (text: string) => void) => {
        write("HTTP/1.1 200 OK\r\nContent-Le");
        end();
      },
    ],
  ])("reset, when the upstream %s before the head is whole", async (_what, act) => {
    const upstream = await startTcp((raw) => {
      void raw.until("\r\n\r\n").then(() =>
        act(
          () => raw.socket.end(),
          (text) => raw.socket.write(text),
        ),
      );
    });
    await expect(client()(upstream.url)).rejects.toMatchObject({ kind: "reset", nothingSent: false });
    expect(upstream.connections).toBe(1);
  });

  it("reset, when the upstream resets", async () => {
    const upstream = await startTcp(
      (raw) => void raw.until("\r\n\r\n").then(() => raw.socket.resetAndDestroy()),
    );
    await expect(client()(upstream.url)).rejects.toMatchObject({ kind: "reset", nothingSent: false });
  });

  it.each([
    ["garbage", "what is this\r\n\r\n"],
    [
      "length and chunks",
      "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n",
    ],
    ["an upgrade nobody asked for", "HTTP/1.1 101 Switching\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\n"],
    ["a status that is not HTTP's", "HTTP/1.1 999 Denied\r\nContent-Length: 0\r\n\r\n"],
    ["a head of more than 64 KiB", `HTTP/1.1 200 OK\r\nX: ${"x".repeat(70_000)}\r\n\r\n`],
  ])("bad_response, for %s", async (_what, text) => {
    const upstream = await startUpstream(text);
    await expect(client()(upstream.url)).rejects.toMatchObject({ kind: "bad_response", nothingSent: false });
  });

  it.each([
    ["a length not reached", "Content-Length: 9\r\n\r\npart"],
    ["chunks without their last", "Transfer-Encoding: chunked\r\n\r\n4\r\npart\r\n"],
    ["a chunk of garbage", "Transfer-Encoding: chunked\r\n\r\n4\r\npart\r\nzz\r\n"],
  ])("a body that is cut (%s) gives what came, then fails", async (_what, text) => {
    const upstream = await startTcp((raw) => {
      void raw.until("\r\n\r\n").then(() => raw.socket.end(`HTTP/1.1 200 OK\r\n${text}`));
    });
    const answer = await client()(upstream.url);
    // The cut has long been seen when the body is first read.
    await new Promise((resolve) => setTimeout(resolve, 50));
    const reader = answer.body?.getReader();
    const first = await reader?.read();
    expect(first?.value && new TextDecoder().decode(first.value)).toBe("part");
    await expect(reader?.read()).rejects.toMatchObject({ name: "TransportError", nothingSent: false });
  });

  it("a body without a length is cut where a reset comes together with its last bytes", async () => {
    const upstream = await startTcp(({ socket, until }) => {
      void until("\r\n\r\n").then(() => {
        socket.write("HTTP/1.1 200 OK\r\n\r\nfirst");
        setTimeout(() => {
          socket.write("last");
          socket.resetAndDestroy();
        }, 20);
      });
    });
    const answer = await client()(upstream.url);
    await expect(answer.text()).rejects.toMatchObject({ kind: "reset", nothingSent: false });
  });

  it("connect_timeout, to the tenth of a second, when the listener's backlog is full", async () => {
    const full = await startFullBacklog();
    onTestFinished(() => full.close());
    await full.block();
    const since = performance.now();
    await expect(client({ connectTimeout: 300 })(`http://127.0.0.1:${full.port}`)).rejects.toMatchObject({
      kind: "connect_timeout",
      nothingSent: true,
    });
    expect(performance.now() - since).toBeGreaterThan(290);
    expect(performance.now() - since).toBeLessThan(400);
  });

  it("connect_timeout, when the TLS handshake hangs", async () => {
    const upstream = await startTcp(() => undefined);
    const answer = client({ connectTimeout: 200 })(upstream.url.replace("http:", "https:"));
    await expect(answer).rejects.toMatchObject({ kind: "connect_timeout", nothingSent: true });
  });

  it("a request is not sent again on a connection that died with it, whatever its method", async () => {
    const upstream = await startTcp((raw) => {
      void raw.until("\r\n\r\n").then(() => raw.socket.write(OK));
      void raw.until((text) => text.split("\r\n\r\n").length === 3).then(() => raw.socket.destroy());
    });
    const send = client();
    await (await send(upstream.url)).text();
    await new Promise((resolve) => setTimeout(resolve, 20));
    await expect(send(upstream.url)).rejects.toMatchObject({ kind: "reset", nothingSent: false });
    expect(upstream.connections).toBe(1);
  });
});

describe("aborting", () => {
  it("before the head closes the upstream's connection at once and rejects with the reason", async () => {
    const arrived = later();
    const closed = later<number>();
    const upstream = await startTcp((raw) => {
      void raw.until("\r\n\r\n").then(() => arrived.settle());
      void raw.closed.then(() => closed.settle(performance.now()));
    });
    const stop = new AbortController();
    const answer = client()(upstream.url, { signal: stop.signal });
    await arrived.promise;
    const since = performance.now();
    stop.abort(new Error("enough"));
    await expect(answer).rejects.toThrow("enough");
    expect((await closed.promise) - since).toBeLessThan(100);
  });

  it("inside the body closes the connection at once and fails the body with the reason", async () => {
    const closed = later();
    const upstream = await startTcp((raw) => {
      void raw.closed.then(() => closed.settle());
      void raw
        .until("\r\n\r\n")
        .then(() => raw.socket.write("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\npart"));
    });
    const stop = new AbortController();
    const answer = await client()(upstream.url, { signal: stop.signal });
    const reader = answer.body?.getReader();
    await reader?.read();
    const pending = reader?.read();
    stop.abort(new Error("enough"));
    await expect(pending).rejects.toThrow("enough");
    await closed.promise;
  });

  it("a body that is cancelled closes the connection", async () => {
    const closed = later();
    const upstream = await startTcp((raw) => {
      void raw.closed.then(() => closed.settle());
      void raw
        .until("\r\n\r\n")
        .then(() => raw.socket.write("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\npart"));
    });
    const answer = await client()(upstream.url);
    await answer.body?.cancel();
    await closed.promise;
  });

  it("opens no connection in place of the one that it closed", async () => {
    const arrived = later();
    const upstream = await startTcp((raw) => raw.socket.once("data", () => arrived.settle()));
    const stop = new AbortController();
    const fetch = client();
    const answer = fetch(upstream.url, { signal: stop.signal });
    await arrived.promise;
    stop.abort(new Error("enough"));
    await expect(answer).rejects.toThrow("enough");
    // Whatever opens connections has had the time for it that two exchanges take.
    const other = await startUpstream("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
    for (let i = 0; i < 2; i += 1) await (await fetch(other.url)).text();
    expect(upstream.connections).toBe(1);
  });

  it("while connecting rejects at once, and nothing is sent later", async () => {
    const stop = new AbortController();
    const upstream = await startTcp(() => undefined);
    const answer = client()(upstream.url, { signal: stop.signal, method: "POST", body: bytes("x") });
    stop.abort(new Error("enough"));
    await expect(answer).rejects.toThrow("enough");
    const aborted = AbortSignal.abort(new Error("before"));
    await expect(client()(upstream.url, { signal: aborted })).rejects.toThrow("before");
  });

  it("after a whole answer changes nothing", async () => {
    const upstream = await startUpstream(OK);
    const stop = new AbortController();
    const send = client();
    const answer = await send(upstream.url, { signal: stop.signal });
    expect(await answer.text()).toBe("ok");
    stop.abort();
    await nextTurn();
    expect(await (await send(upstream.url)).text()).toBe("ok");
    expect(upstream.connections).toBe(1);
  });
});

describe("the pool", () => {
  it("uses a connection again, and as many as are needed at once", async () => {
    const upstream = await startUpstream(OK);
    const send = client();
    await (await send(upstream.url)).text();
    await nextTurn();
    await (await send(upstream.url)).text();
    expect(upstream.connections).toBe(1);
    await Promise.all(Array.from({ length: 300 }, async () => (await send(upstream.url)).text()));
    expect(upstream.connections).toBeGreaterThan(250);
  });

  it.each([
    ["by itself", ""],
    ["whatever longer time the upstream promises", "Keep-Alive: timeout=600\r\n"],
  ])("closes a connection that is idle for the idle timeout, %s", async (_what, field) => {
    const closed = later();
    const upstream = await startTcp((raw) => {
      void raw.closed.then(() => closed.settle());
      void raw
        .until("\r\n\r\n")
        .then(() => raw.socket.write(`HTTP/1.1 200 OK\r\n${field}Content-Length: 2\r\n\r\nok`));
    });
    const since = performance.now();
    await (await client({ idleTimeout: 300 })(upstream.url)).text();
    await closed.promise;
    expect(performance.now() - since).toBeGreaterThan(250);
    expect(performance.now() - since).toBeLessThan(2_500);
  });
});

/** An https server on a port of its own. */
async function startTls(tls: { cert: string; key: string }): Promise<number> {
  const server = createTlsServer(tls, (request, response) => response.end(`secret ${request.headers.host}`));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return (server.address() as AddressInfo).port;
}

describe.skipIf(!hasOpenssl())("TLS (needs openssl)", () => {
  it("trusts the given CA, by name and by address, and nobody else", async () => {
    const tls = selfSigned();
    const port = await startTls(tls);
    const trusting = client({ ca: tls.cert });
    expect(await (await trusting(`https://localhost:${port}`)).text()).toBe(`secret localhost:${port}`);
    expect(await (await trusting(`https://127.0.0.1:${port}`)).text()).toBe(`secret 127.0.0.1:${port}`);
    for (const ca of [undefined, selfSigned().cert]) {
      const distrusting = client(ca === undefined ? {} : { ca });
      await expect(distrusting(`https://localhost:${port}`)).rejects.toMatchObject({
        kind: "tls",
        nothingSent: true,
      });
    }
  });

  it("fails as tls where the other end does not speak it, or closes", async () => {
    const plain = await startTcp(
      (raw) => void raw.until((text) => text !== "").then(() => raw.socket.write(OK)),
    );
    await expect(client()(plain.url.replace("http:", "https:"))).rejects.toMatchObject({
      kind: "tls",
      nothingSent: true,
    });
    const closing = await startTcp(
      (raw) => void raw.until((text) => text !== "").then(() => raw.socket.end()),
    );
    await expect(client()(closing.url.replace("http:", "https:"))).rejects.toMatchObject({
      kind: "tls",
      nothingSent: true,
    });
  });

  it("fails at once as a reset where TLS breaks after the request", async () => {
    const tls = selfSigned();
    const upstream = await startTcp(({ socket }) => {
      const secured = new TLSSocket(socket, { isServer: true, ...tls });
      secured.on("error", () => {});
      secured.on("data", () => socket.write("not a record of TLS at all"));
    });
    const since = performance.now();
    await expect(client({ ca: tls.cert })(`https://127.0.0.1:${upstream.port}`)).rejects.toMatchObject({
      kind: "reset",
      nothingSent: false,
    });
    expect(performance.now() - since).toBeLessThan(1_000);
  });

  it.each([
    ["together with its last bytes", 0],
    ["after them", 20],
  ])("a body without a length is cut where a reset comes %s", async (_when, ms) => {
    const tls = selfSigned();
    const upstream = await startTcp(({ socket }) => {
      const secured = new TLSSocket(socket, { isServer: true, ...tls });
      secured.on("error", () => {});
      secured.once("data", () => {
        secured.write("HTTP/1.1 200 OK\r\n\r\nfirst");
        setTimeout(() => {
          secured.write("last", () => setTimeout(() => socket.resetAndDestroy(), ms));
        }, 20);
      });
    });
    const answer = await client({ ca: tls.cert })(`https://127.0.0.1:${upstream.port}`);
    await expect(answer.text()).rejects.toMatchObject({ kind: "reset", nothingSent: false });
  });

  it("a CA without a certificate is an error when the client is made", () => {
    expect(() => client({ ca: "nonsense" })).toThrow();
  });
});

describe("an HTTP proxy", () => {
  /** A proxy that tunnels, and remembers the heads it got. */
  async function startProxy(status = "200 Connection established") {
    const heads: string[] = [];
    const server = createHttpServer((request, response) => {
      heads.push(`${request.method} ${request.url} ${request.headers["proxy-authorization"]}`);
      response.end("by proxy");
    });
    server.on("connect", (request, socket) => {
      heads.push(`CONNECT ${request.url} ${request.headers["proxy-authorization"]}`);
      socket.write(`HTTP/1.1 ${status}\r\n\r\n`);
      if (!status.startsWith("2")) return socket.end();
      const target = connect(Number(request.url?.split(":")[1]), "127.0.0.1");
      socket.pipe(target).pipe(socket);
      socket.on("error", () => target.destroy());
      target.on("error", () => socket.destroy());
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    onTestFinished(() => {
      server.closeAllConnections();
      server.close();
    });
    const { port } = server.address() as AddressInfo;
    return { heads, proxy: { url: `http://127.0.0.1:${port}`, authorization: "Basic eA==" } };
  }

  it.skipIf(!hasOpenssl())(
    "is asked for a tunnel to an https upstream, with its authorization (needs openssl)",
    async () => {
      const tls = selfSigned();
      const port = await startTls(tls);
      const { proxy, heads } = await startProxy();
      const answer = await client({ proxy, ca: tls.cert })(`https://localhost:${port}/x`);
      expect(await answer.text()).toBe(`secret localhost:${port}`);
      expect(heads).toEqual([`CONNECT localhost:${port} Basic eA==`]);
    },
  );

  it("gets an http upstream's requests in absolute form", async () => {
    const { proxy, heads } = await startProxy();
    const answer = await client({ proxy })("http://upstream.invalid/x?y");
    expect(await answer.text()).toBe("by proxy");
    expect(heads).toEqual(["GET http://upstream.invalid/x?y Basic eA=="]);
  });

  it("that refuses the tunnel is a refused connection, and its status is told", async () => {
    const { proxy } = await startProxy("407 Proxy Authentication Required");
    const answer = client({ proxy })("https://upstream.invalid/");
    await expect(answer).rejects.toMatchObject({ kind: "refused", nothingSent: true });
    await expect(answer).rejects.toThrow("407");
  });

  it("that never answers CONNECT is a connect timeout", async () => {
    const silent = await startTcp(() => undefined);
    const answer = client({ proxy: { url: silent.url }, connectTimeout: 200 })("https://upstream.invalid/");
    await expect(answer).rejects.toMatchObject({ kind: "connect_timeout", nothingSent: true });
  });
});

it("a client that is closed closes its idle connections", async () => {
  const { runtime } = await import("../../node/support.ts");
  const closed = later();
  const upstream = await startTcp((raw) => {
    void raw.closed.then(() => closed.settle());
    void raw.until("\r\n\r\n").then(() => raw.socket.write(OK));
  });
  const own = runtime.createFetch({ connectTimeout: 1_000, idleTimeout: 60_000, keepAlive: 0 });
  const signal = new AbortController().signal;
  const init = {
    method: "GET",
    headers: [],
    body: null,
    signal,
    repeatable: false,
    fresh: false,
    onProgress() {},
  };
  await (await own.fetch(upstream.url, init)).text();
  own.close();
  await closed.promise;
});
