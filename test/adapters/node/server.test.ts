import { connect as tlsConnect } from "node:tls";
import { describe, expect, it } from "vitest";
import { createResponse } from "../../../adapters/shared/light/response.ts";
import { type ByteStream, type Bytes, ListenError } from "../../../src/runtime/runtime.ts";
import { hasOpenssl } from "../../support/certificates.ts";
import { bytes, dial, later, selfSigned, startServer, watchSocket } from "./support.ts";

const GET = "GET /a HTTP/1.1\r\nHost: h\r\n\r\n";

/** A body that is fed by hand. */
function fedBody() {
  const cancelled = later<unknown>();
  let feed: ReadableStreamDefaultController<Bytes> | undefined;
  const stream: ByteStream = new ReadableStream<Bytes>({
    start(controller) {
      feed = controller;
    },
    cancel: (reason) => cancelled.settle(reason),
  });
  if (feed === undefined) throw new Error("start was not called");
  return { stream, feed, cancelled: cancelled.promise };
}

describe("the request a handler gets", () => {
  it("has method, absolute URL, joined headers and the peer", async () => {
    let seen: unknown;
    const { port } = await startServer((request, peer) => {
      seen = {
        isRequest: request instanceof Request,
        method: request.method,
        url: request.url,
        headers: [...request.headers],
        body: request.body,
        peer,
      };
      return new Response("ok");
    });
    const raw = dial(
      port,
      "GET /a?b=c HTTP/1.1\r\nHost: Ex.com:81\r\nX-A: 1\r\nx-a: 2\r\nCookie: a\r\nCookie: b\r\n\r\n",
    );
    await raw.until("ok");
    expect(seen).toEqual({
      isRequest: true,
      method: "GET",
      url: "http://ex.com:81/a?b=c",
      headers: [
        ["host", "Ex.com:81"],
        ["x-a", "1, 2"],
        ["cookie", "a; b"],
      ],
      body: null,
      peer: { address: "127.0.0.1", target: "/a?b=c" },
    });
  });

  it.each([
    ["/a/../b", "http://h/b"],
    ["/a/%2e%2E/b", "http://h/b"],
    ["//evil.com/x", "http://h//evil.com/x"],
    ["/it's?q='", "http://h/it's?q=%27"],
    ["http://other:1/x?y", "http://other:1/x?y"],
    ["*", "http://h/*"],
  ])("target %s is the URL %s, and the peer shows it raw", async (target, url) => {
    const { port } = await startServer((request, peer) => Response.json([request.url, peer.target]));
    const method = target === "*" ? "OPTIONS" : "GET";
    const raw = dial(port, `${method} ${target} HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n`);
    await raw.closed;
    expect(JSON.parse(raw.text.split("\r\n\r\n")[1] ?? "")).toEqual([url, target]);
  });

  it("reads a body with a length and a chunked one, also of a GET", async () => {
    const { port } = await startServer(
      async (request) => new Response(`<${request.method} ${await request.text()}>`),
    );
    const raw = dial(port, "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\n\r\nabc");
    await raw.until("<POST abc>");
    raw.socket.write(
      "GET / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nde\r\n1\r\nf\r\n0\r\n\r\n",
    );
    await raw.until("<GET def>");
  });

  it("says 100 Continue to a client that asks", async () => {
    const { port } = await startServer(async (request) => new Response(await request.text()));
    const raw = dial(port, "POST / HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\nContent-Length: 3\r\n\r\n");
    await raw.until("100 Continue\r\n\r\n");
    raw.socket.write("xyz");
    await raw.until((text) => text.endsWith("xyz"));
  });

  it("an upgrade is a request like any other", async () => {
    const { port } = await startServer((request) => new Response(`up ${request.headers.get("upgrade")}`));
    await dial(port, "GET / HTTP/1.1\r\nHost: h\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n").until(
      "up websocket",
    );
  });

  it("HTTP/1.0 may come without Host", async () => {
    const { port } = await startServer((request) => new Response(request.url));
    const raw = dial(port, "GET /x HTTP/1.0\r\n\r\n");
    expect(await raw.closed).toBe("fin");
    expect(raw.text).toMatch(/^HTTP\/1\.1 200 OK\r\n[\s\S]*connection: close[\s\S]*http:\/\/localhost\/x$/i);
  });
});

describe("what the parser refuses", () => {
  it.each([
    ["garbage", "\x16\x03\x01 what\r\n\r\n"],
    ["two lengths", "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n"],
    [
      "a length beside chunks",
      "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n",
    ],
    ["no Host", "GET / HTTP/1.1\r\n\r\n"],
    ["two Hosts", "GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n"],
    ["a Host with a path", "GET / HTTP/1.1\r\nHost: a/b\r\n\r\n"],
    ["CONNECT", "CONNECT a:1 HTTP/1.1\r\nHost: a:1\r\n\r\n"],
  ])("%s gets our 400 and the connection closes", async (_what, text) => {
    const { port } = await startServer(() => new Response("handled"));
    const raw = dial(port, text);
    expect(await raw.closed).toBe("fin");
    expect(raw.text).toMatch(/^HTTP\/1\.1 400 Bad Request\r\n/);
    expect(raw.text).toMatch(/x-refused: bad_request/);
    expect(raw.text).toMatch(/connection: close/i);
  });

  it("a head of more than 64 KiB gets our 431, one of 60 KiB is served", async () => {
    const { port } = await startServer((request) => new Response(`${request.headers.get("x")?.length}`));
    const head = (size: number) => `GET / HTTP/1.1\r\nHost: h\r\nX: ${"x".repeat(size)}\r\n\r\n`;
    await dial(port, head(61_000)).until("61000");
    const raw = dial(port, head(70_000));
    expect(await raw.closed).toBe("fin");
    expect(raw.text).toMatch(/^HTTP\/1\.1 431 .*\r\n[\s\S]*x-refused: headers_too_large/);
  });

  it.each([
    ["silent", ""],
    ["half a head", "GET / HTTP/1.1\r\nHost:"],
  ])("a %s client gets our 408 after the head timeout", async (_what, text) => {
    const { port } = await startServer(() => new Response("handled"), { headTimeout: 200 });
    const since = performance.now();
    const raw = dial(port, text);
    expect(await raw.closed).toBe("fin");
    expect(raw.text).toMatch(/^HTTP\/1\.1 408 .*\r\n[\s\S]*x-refused: request_timeout/);
    expect(performance.now() - since).toBeGreaterThan(190);
    expect(performance.now() - since).toBeLessThan(600);
  });

  it("the head timeout does not limit the body nor the answer", async () => {
    const gate = later();
    const { port } = await startServer(
      async (request) => {
        const text = await request.text();
        await gate.promise;
        return new Response(`got ${text}`);
      },
      { headTimeout: 100 },
    );
    const raw = dial(port, "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\n\r\na");
    setTimeout(() => raw.socket.write("b"), 400);
    setTimeout(() => gate.settle(), 700);
    await raw.until("got ab");
  });

  it("garbage behind a whole request does not disturb its answer", async () => {
    const gate = later();
    const { port } = await startServer(async () => {
      await gate.promise;
      return new Response("fine");
    });
    const raw = dial(port, `${GET}\x00\x00garbage\r\n\r\n`);
    setTimeout(gate.settle, 50);
    await raw.closed;
    expect(raw.text).toMatch(/^HTTP\/1\.1 200 OK[\s\S]*fine$/);
    expect(raw.text).not.toContain("400");
  });

  it("a broken chunk inside an upload that is not answered yet gets our 400, and the body fails", async () => {
    const failed = later<unknown>();
    const { port } = await startServer(async (request) => {
      await request.text().catch(failed.settle);
      return new Response("too late");
    });
    const raw = dial(
      port,
      "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\nzz\r\n",
    );
    await raw.closed;
    expect(raw.text).toMatch(/^HTTP\/1\.1 400/);
    expect(raw.text).not.toContain("too late");
    expect(await failed.promise).toBeDefined();
  });
});

describe("the answer", () => {
  it("keeps status, status text, several set-cookie, an upstream's date and latin1 bytes", async () => {
    const { port } = await startServer(() => {
      const headers = new Headers({ date: "Thu, 01 Jan 1970 00:00:00 GMT", "x-b": "\xe9" });
      headers.append("set-cookie", "a=1");
      headers.append("set-cookie", "b=2");
      return new Response("x", { status: 418, statusText: "Tea", headers });
    });
    const text = await dial(port, GET).until("\r\n\r\nx");
    expect(text).toMatch(/^HTTP\/1\.1 418 Tea\r\n/);
    expect(text.match(/set-cookie: /g)).toHaveLength(2);
    expect(text.match(/date: /gi)).toEqual(["date: "]);
    expect(text).toContain("x-b: \xe9");
  });

  it("that is whole at once has a length and keeps the connection", async () => {
    const { port } = await startServer(() => new Response("whole"));
    const raw = dial(port, GET);
    const text = await raw.until("whole");
    expect(text).toContain("content-length: 5\r\n");
    expect(text).not.toMatch(/chunked/);
    raw.socket.write(GET);
    await raw.until((all) => all.split("whole").length === 3);
  });

  it("sends its head before its body and each chunk when it comes", async () => {
    const body = fedBody();
    const { port } = await startServer(() => new Response(body.stream));
    const raw = dial(port, GET);
    expect(await raw.until("\r\n\r\n")).toMatch(/transfer-encoding: chunked/i);
    body.feed.enqueue(bytes("one"));
    await raw.until("3\r\none\r\n");
    body.feed.enqueue(bytes("two"));
    await raw.until("3\r\ntwo\r\n");
    body.feed.close();
    await raw.until("0\r\n\r\n");
  });

  it("to HEAD keeps its content-length and has no body", async () => {
    const { port } = await startServer(() => new Response(null, { headers: { "content-length": "7" } }));
    const raw = dial(port, "HEAD / HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n");
    await raw.closed;
    expect(raw.text).toMatch(/content-length: 7\r\n/);
    expect(raw.text.endsWith("\r\n\r\n")).toBe(true);
  });

  it.each([204, 304])("with status %i has no body and no length", async (status) => {
    const { port } = await startServer(() => new Response(null, { status }));
    const raw = dial(port, "GET / HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n");
    await raw.closed;
    expect(raw.text).not.toMatch(/content-length|chunked/i);
    expect(raw.text.endsWith("\r\n\r\n")).toBe(true);
  });

  it("whose body fails is flushed and then cut without a final chunk", async () => {
    const body = fedBody();
    const { port } = await startServer(() => new Response(body.stream));
    const raw = dial(port, GET);
    body.feed.enqueue(bytes("part"));
    await raw.until("part");
    body.feed.error(new Error("upstream died"));
    await raw.closed;
    expect(raw.text.endsWith("4\r\npart\r\n")).toBe(true);
  });

  it("whose body fails with its first read still delivers what was before", async () => {
    let pulls = 0;
    const { port } = await startServer(
      () =>
        new Response(
          new ReadableStream<Bytes>(
            {
              pull(controller) {
                pulls += 1;
                if (pulls === 1) controller.enqueue(bytes("part"));
                else controller.error(new Error("died"));
              },
            },
            { highWaterMark: 0 },
          ),
        ),
    );
    const raw = dial(port, GET);
    await raw.closed;
    expect(raw.text.endsWith("4\r\npart\r\n")).toBe(true);
  });

  it("that ends by the connection's end (HTTP/1.0) is reset when cut, never closed", async () => {
    const body = fedBody();
    const { port } = await startServer(() => new Response(body.stream));
    const raw = dial(port, "GET / HTTP/1.0\r\n\r\n");
    body.feed.enqueue(bytes("part"));
    await raw.until("part");
    body.feed.error(new Error("upstream died"));
    expect(await raw.closed).toBe("reset");
  });

  it.each([
    ["shorter", "abc"],
    ["longer", "abcdefgh"],
  ])("%s than its content-length is cut", async (_what, text) => {
    const { port } = await startServer(() => new Response(text, { headers: { "content-length": "5" } }));
    const raw = dial(port, GET);
    await raw.closed;
    expect((raw.text.split("\r\n\r\n")[1] ?? "").length).toBeLessThan(5);
  });

  it("of a handler that throws is a bare 500, and the server lives", async () => {
    let calls = 0;
    const defects: unknown[] = [];
    const { port } = await startServer(
      () => {
        calls += 1;
        if (calls === 1) throw new Error("defect");
        if (calls === 2) return Promise.reject(new Error("defect"));
        return new Response("alive");
      },
      {},
      (error) => defects.push(error),
    );
    await dial(port, GET).until("HTTP/1.1 500 ");
    await dial(port, GET).until("HTTP/1.1 500 ");
    await dial(port, GET).until("alive");
    expect(defects).toEqual([new Error("defect"), new Error("defect")]);
  });

  it("with what HTTP does not allow in its head is mended", async () => {
    const headers = [
      ["x-a", "a\x01b\u0430"],
      ["x b", "c"],
      ["x-c", "\xfc"],
    ] as const;
    const { port } = await startServer(() =>
      createResponse(new TextEncoder().encode("body"), {
        status: 404,
        statusText: "\u041d\u0435\u0442",
        headers,
      }),
    );
    const raw = dial(port, GET);
    await raw.until("body");
    expect(raw.text).toMatch(/^HTTP\/1\.1 404 Not Found\r\nx-a: a b \r\nx-c: /);
    expect(raw.text).not.toContain("x b");
  });

  it("given before the upload is whole reaches the client, which may go on sending for a while", async () => {
    const { port } = await startServer(async (request) => {
      const reader = request.body?.getReader();
      await reader?.read();
      await reader?.cancel();
      return new Response("too large", { status: 413 });
    });
    const raw = dial(
      port,
      `POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 1000000\r\n\r\n${"x".repeat(300_000)}`,
    );
    await raw.until("too large");
    raw.socket.write("x".repeat(700_000));
    raw.socket.write(GET);
    await raw.until((text) => text.split("too large").length === 3);
  });
});

describe("backpressure", () => {
  it("reads the body no faster than the client takes it", async () => {
    let pulled = 0;
    const chunk = new Uint8Array(65_536);
    const { port } = await startServer(
      () =>
        new Response(
          new ReadableStream<Bytes>({
            pull(controller) {
              pulled += 1;
              controller.enqueue(chunk);
            },
          }),
        ),
    );
    const raw = dial(port, GET);
    await raw.until("\r\n\r\n");
    raw.socket.pause();
    let before = -1;
    while (pulled !== before) {
      before = pulled;
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
    // What fits in the kernel's buffers of both ends, far from endless.
    expect(pulled * 65_536).toBeLessThan(32 * 1024 * 1024);
    raw.socket.resume();
    await new Promise<void>((resolve) => {
      raw.socket.on("data", () => {
        if (pulled > before + 50) resolve();
      });
    });
  });

  it("cuts a client that takes nothing within the write timeout, cancels the body and aborts the signal", async () => {
    const cancelled = later<unknown>();
    const aborted = later<unknown>();
    const { port } = await startServer(
      (request) => {
        request.signal.addEventListener("abort", () => aborted.settle(request.signal.reason));
        return new Response(
          new ReadableStream<Bytes>({
            pull: (controller) => controller.enqueue(new Uint8Array(65_536)),
            cancel: cancelled.settle,
          }),
        );
      },
      { writeTimeout: 400 },
    );
    const raw = dial(port, GET);
    await raw.until("\r\n\r\n");
    raw.socket.pause();
    const since = performance.now();
    expect(await cancelled.promise).toMatchObject({ name: "TimeoutError" });
    expect(await aborted.promise).toMatchObject({ name: "TimeoutError" });
    expect(performance.now() - since).toBeGreaterThan(350);
    expect(performance.now() - since).toBeLessThan(1_500);
  });

  it("the write timeout also ends an answer that was written whole", async () => {
    const aborted = later<unknown>();
    const { port } = await startServer(
      (request) => {
        request.signal.addEventListener("abort", () => aborted.settle(request.signal.reason));
        return new Response(new Uint8Array(40_000_000));
      },
      { writeTimeout: 300 },
    );
    const raw = dial(port, GET);
    await raw.until("\r\n\r\n");
    raw.socket.pause();
    expect(await aborted.promise).toMatchObject({ name: "TimeoutError" });
  });

  it("a quiet body is not a slow client", async () => {
    const body = fedBody();
    const { port } = await startServer(() => new Response(body.stream), { writeTimeout: 100 });
    const raw = dial(port, GET);
    await raw.until("\r\n\r\n");
    setTimeout(() => {
      body.feed.enqueue(bytes("late"));
      body.feed.close();
    }, 400);
    await raw.until("late\r\n0\r\n\r\n");
  });

  it("an upload is read no faster than the handler reads it", async () => {
    const gate = later();
    let size = 0;
    const { port } = await startServer(async (request) => {
      const reader = request.body?.getReader();
      for (;;) {
        const part = await reader?.read();
        if (part?.value === undefined) return new Response(`all ${size}`);
        size += part.value.byteLength;
        await gate.promise;
      }
    });
    const total = 640 * 65_536;
    const raw = dial(port, `POST / HTTP/1.1\r\nHost: h\r\nContent-Length: ${total}\r\n\r\n`);
    let taken = 0;
    const send = (): void => {
      raw.socket.write(new Uint8Array(65_536), () => {
        taken += 65_536;
        if (taken < total) send();
      });
    };
    send();
    let before = -1;
    while (taken !== before || taken === 0) {
      before = taken;
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
    expect(taken).toBeLessThan(total);
    gate.settle();
    await raw.until(`all ${total}`);
  });
});

describe("a client that leaves", () => {
  const ways = { close: "end", reset: "resetAndDestroy" } as const;

  it.each(Object.entries(ways))("before the head (%s) aborts the signal at once", async (_way, leave) => {
    const aborted = later<number>();
    const arrived = later();
    const { port } = await startServer((request) => {
      request.signal.addEventListener("abort", () => aborted.settle(performance.now()));
      arrived.settle();
      return new Promise(() => undefined);
    });
    const raw = dial(port, GET);
    await arrived.promise;
    const since = performance.now();
    raw.socket[leave]();
    expect((await aborted.promise) - since).toBeLessThan(100);
  });

  it.each(Object.entries(ways))(
    "inside the body (%s) cancels it and aborts the signal",
    async (_way, leave) => {
      const aborted = later<unknown>();
      const body = fedBody();
      const { port } = await startServer((request) => {
        request.signal.addEventListener("abort", () => aborted.settle(request.signal.reason));
        return new Response(body.stream);
      });
      const raw = dial(port, GET);
      body.feed.enqueue(bytes("part"));
      await raw.until("part");
      raw.socket[leave]();
      expect(await aborted.promise).toMatchObject({ name: "AbortError" });
      expect(await body.cancelled).toMatchObject({ name: "AbortError" });
    },
  );

  it("inside its upload fails the body and aborts the signal", async () => {
    const aborted = later();
    const failed = later<unknown>();
    const arrived = later();
    const { port } = await startServer(async (request) => {
      request.signal.addEventListener("abort", () => aborted.settle());
      arrived.settle();
      await request.text().catch(failed.settle);
      return new Response("nobody reads this");
    });
    const raw = dial(port, "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 9\r\n\r\nabc");
    await arrived.promise;
    raw.socket.destroy();
    await aborted.promise;
    expect(await failed.promise).toBeDefined();
  });

  it("does not abort the signal after a whole answer", async () => {
    const seen: AbortSignal[] = [];
    const { port } = await startServer((request) => {
      seen.push(request.signal);
      return new Response("done");
    });
    const raw = dial(port, GET);
    await raw.until("done");
    raw.socket.end();
    await raw.closed;
    await new Promise((resolve) => setTimeout(resolve, 30));
    expect(seen.map((signal) => signal.aborted)).toEqual([false]);
  });

  it("has its late answer's body cancelled", async () => {
    const body = fedBody();
    const aborted = later();
    const { port } = await startServer(async (request) => {
      request.signal.addEventListener("abort", () => aborted.settle());
      await aborted.promise;
      return new Response(body.stream);
    });
    const raw = dial(port, GET);
    raw.socket.on("connect", () => setTimeout(() => raw.socket.destroy(), 50));
    await body.cancelled;
  });
});

describe("keep-alive and drain", () => {
  it("closes a connection that is idle for the idle timeout", async () => {
    const { port } = await startServer(() => new Response("ok"), { idleTimeout: 200 });
    const raw = dial(port, GET);
    await raw.until("ok");
    const since = performance.now();
    expect(await raw.closed).toBe("fin");
    expect(performance.now() - since).toBeGreaterThan(150);
  });

  it("drain closes idle connections, lets running answers finish with connection: close, and accepts no more", async () => {
    const gate = later();
    const arrived = later();
    const listener = await startServer(async (request) => {
      if (new URL(request.url).pathname === "/fast") return new Response("fast");
      arrived.settle();
      await gate.promise;
      return new Response("slow");
    });
    const fresh = dial(listener.port);
    const idle = dial(listener.port, GET.replace("/a", "/fast"));
    await idle.until("fast");
    const busy = dial(listener.port, GET);
    await arrived.promise;
    let isDrained = false;
    const drained = listener.drain().then(() => {
      isDrained = true;
    });
    expect(await idle.closed).toBe("fin");
    expect(await fresh.closed).toBe("fin");
    expect(await dial(listener.port, GET).closed).toBe("reset");
    expect(isDrained).toBe(false);
    gate.settle();
    expect(await busy.closed).toBe("fin");
    expect(busy.text).toMatch(/connection: close[\s\S]*slow$/i);
    await drained;
  });

  it("drain closes a connection whose answer had begun before it, at its end", async () => {
    const body = fedBody();
    const listener = await startServer(() => new Response(body.stream));
    const raw = dial(listener.port, GET);
    await raw.until("\r\n\r\n");
    const drained = listener.drain();
    body.feed.enqueue(bytes("end"));
    body.feed.close();
    await raw.closed;
    expect(raw.text.endsWith("end\r\n0\r\n\r\n")).toBe(true);
    await drained;
  });

  it("drain does not cut an answer that is written but not taken yet", async () => {
    const listener = await startServer(() => new Response(new Uint8Array(30_000_000)));
    const raw = dial(listener.port, GET);
    await raw.until("\r\n\r\n");
    raw.socket.pause();
    const drained = listener.drain();
    await new Promise((resolve) => setTimeout(resolve, 100));
    raw.socket.resume();
    await raw.closed;
    expect(raw.text.length).toBeGreaterThan(30_000_000);
    await drained;
  });

  it("drain does not wait for a head that never ends", async () => {
    const listener = await startServer(() => new Response("ok"), { headTimeout: 300 });
    const raw = dial(listener.port, "GET / HTTP/1.1\r\nHost:");
    await new Promise((resolve) => setTimeout(resolve, 50));
    const drained = listener.drain();
    await raw.until("408");
    await drained;
  });

  it("close cuts running answers", async () => {
    const body = fedBody();
    const listener = await startServer(() => new Response(body.stream));
    const raw = dial(listener.port, GET);
    await raw.until("\r\n\r\n");
    await listener.close();
    await raw.closed;
    expect(raw.text).not.toContain("0\r\n\r\n");
    await body.cancelled;
  });
});

describe("listening", () => {
  it("on a port in use fails as in_use", async () => {
    const { port } = await startServer(() => new Response());
    await expect(startServer(() => new Response(), { port })).rejects.toMatchObject({ kind: "in_use" });
  });

  it("on an address that is not here fails as not_available", async () => {
    await expect(startServer(() => new Response(), { address: "192.0.2.1" })).rejects.toMatchObject({
      kind: "not_available",
    });
  });

  it.skipIf(!hasOpenssl())(
    "with an unusable certificate, or another's key, fails as tls (needs openssl)",
    async () => {
      const nonsense = startServer(() => new Response(), { tls: { cert: "no", key: "no" } });
      await expect(nonsense).rejects.toBeInstanceOf(ListenError);
      const mixed = { cert: selfSigned().cert, key: selfSigned().key };
      await expect(startServer(() => new Response(), { tls: mixed })).rejects.toMatchObject({ kind: "tls" });
    },
  );
});

describe.skipIf(!hasOpenssl())("TLS (needs openssl)", () => {
  it("serves https, and a client that leaves aborts the signal", async () => {
    const tls = selfSigned();
    const aborted = later();
    const { port } = await startServer(
      (request, peer) => {
        if (!request.url.endsWith("/wait")) return Response.json([request.url, peer.address]);
        request.signal.addEventListener("abort", () => aborted.settle());
        return new Promise(() => undefined);
      },
      { tls },
    );
    const raw = watchSocket(tlsConnect({ port, host: "127.0.0.1", ca: tls.cert }));
    raw.socket.write(GET);
    await raw.until('["http');
    expect(raw.text).toContain('["https://h/a","127.0.0.1"]');
    raw.socket.write(GET.replace("/a", "/wait"));
    setTimeout(() => raw.socket.destroy(), 50);
    await aborted.promise;
  });

  it("a client that does not finish its handshake is closed after the head timeout", async () => {
    const { port } = await startServer(() => new Response(), { tls: selfSigned(), headTimeout: 200 });
    const since = performance.now();
    await dial(port).closed;
    expect(performance.now() - since).toBeLessThan(600);
  });

  it("a client that is silent after a slow handshake gets our 408, both together in the timeout", async () => {
    const tls = selfSigned();
    const { port } = await startServer(() => new Response(), { tls, headTimeout: 600 });
    const since = performance.now();
    const tcp = dial(port).socket;
    await new Promise((resolve) => setTimeout(resolve, 400));
    tcp.removeAllListeners("data");
    const raw = watchSocket(tlsConnect({ socket: tcp, host: "127.0.0.1", ca: tls.cert }));
    await raw.closed;
    expect(raw.text).toMatch(/^HTTP\/1\.1 408/);
    expect(performance.now() - since).toBeGreaterThan(590);
    expect(performance.now() - since).toBeLessThan(900);
  });

  it("drain closes idle TLS connections", async () => {
    const tls = selfSigned();
    const listener = await startServer(() => new Response("ok"), { tls });
    const raw = watchSocket(tlsConnect({ port: listener.port, host: "127.0.0.1", ca: tls.cert }));
    raw.socket.write(GET);
    await raw.until("ok");
    await listener.drain();
    await raw.closed;
  });
});
