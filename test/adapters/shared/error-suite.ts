import { createServer as createTcpServer, type Server } from "node:net";
import { createServer as createTlsServer, TLSSocket } from "node:tls";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { ClientOptions } from "../../../src/runtime/runtime.ts";
import { ok, raw, rawThenFin, rawThenReset } from "../../support/behaviours.ts";
import { type Certificates, hasOpenssl, makeCertificates } from "../../support/certificates.ts";
import { type ConnectProxy, startConnectProxy } from "../../support/connect-proxy.ts";
import { type Behaviour, type FaultUpstream, startUpstream } from "../../support/fault-upstream.ts";
import { startFullBacklog } from "../../support/full-backlog.ts";
import { clientOptions, type Driven, startDriver, type WebRuntime } from "./driven.ts";
import type { Result } from "./driver.ts";

type Expected = readonly [kind: string, nothingSent: boolean];
const RESET: Expected = ["reset", false];
const BAD: Expected = ["bad_response", false];

/** What an upstream does with a request, and what that is called. */
const ANSWERS: readonly (readonly [name: string, behaviour: Behaviour, expected: Expected])[] = [
  ["closes before the head", rawThenFin(""), RESET],
  ["resets before the head", rawThenReset(), RESET],
  ["closes inside the head", rawThenFin("HTTP/1.1 200 OK\r\ncontent-ty"), RESET],
  ["resets inside the head", rawThenReset("HTTP/1.1 200 OK\r\ncontent-ty"), RESET],
  ["speaks something else", raw("SSH-2.0-OpenSSH_9.6\r\n\r\n"), BAD],
  ["has a status that is no number", raw("HTTP/1.1 abc OK\r\ncontent-length: 0\r\n\r\n"), BAD],
  ["has a status below 100", raw("HTTP/1.1 99 X\r\ncontent-length: 0\r\n\r\n"), BAD],
  ["has a status above 599", raw("HTTP/1.1 600 X\r\ncontent-length: 0\r\n\r\n"), BAD],
  ["switches protocols unasked", raw("HTTP/1.1 101 X\r\nconnection: upgrade\r\nupgrade: x\r\n\r\n"), BAD],
  ["has a version that nobody speaks", raw("HTTP/9.9 200 OK\r\ncontent-length: 0\r\n\r\n"), BAD],
  ["has a length that is no number", raw("HTTP/1.1 200 OK\r\ncontent-length: abc\r\n\r\nhi"), BAD],
  ["has two lengths", raw("HTTP/1.1 200 OK\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\nhi"), BAD],
  ["has a field without a colon", raw("HTTP/1.1 200 OK\r\nnothing\r\ncontent-length: 0\r\n\r\n"), BAD],
  ["has a head of 2 MB", raw(`HTTP/1.1 200 OK\r\nx: ${"v".repeat(2e6)}\r\ncontent-length: 0\r\n\r\n`), BAD],
];

/** Answers that only some clients refuse: on Node and Deno they are mended. */
export const NUL_IN_FIELD: (typeof ANSWERS)[number] = [
  "has a NUL in a field",
  raw("HTTP/1.1 200 OK\r\nx: a\0b\r\ncontent-length: 0\r\n\r\n"),
  BAD,
];

/** On Node and Deno the core refuses it: their client passes the coding on. */
export const UNKNOWN_CODING: (typeof ANSWERS)[number] = [
  "has a coding that nobody knows",
  raw("HTTP/1.1 200 OK\r\ntransfer-encoding: odd\r\n\r\nhi"),
  BAD,
];

/**
 * The errors of a runtime's client, each against a real socket.
 *
 * @param more answers that this runtime's client refuses as well
 */
export function errorSuite(runtime: WebRuntime, ...more: typeof ANSWERS): void {
  describe(`${runtime}: an upstream that`, () => {
    let driver: Driven;
    let upstream: FaultUpstream;
    let proxy: ConnectProxy;
    let certificates: Certificates;
    beforeAll(async () => {
      if (hasOpenssl()) certificates = makeCertificates();
      driver = startDriver(runtime);
      upstream = await startUpstream();
      upstream.on("/warm", ok());
      proxy = await startConnectProxy("ann:secret");
    });
    afterAll(async () => {
      driver.close();
      await upstream.close();
      await proxy.close();
    });

    const post = (url: string, client: Partial<ClientOptions> = {}): Promise<Result> =>
      driver.call({ type: "fetch", url, client: clientOptions(client), method: "POST", body: "hello" });

    it.each([...ANSWERS, ...more])("%s", async (name, behaviour, expected) => {
      const path = `/${name.replaceAll(" ", "-")}`;
      upstream.on(path, behaviour);
      const { kind, nothingSent } = await post(`${upstream.url}${path}`);
      expect([kind, nothingSent]).toEqual(expected);
      expect(upstream.requests(path)).toHaveLength(1);
    });

    it("closes a reused connection once it has read a request gets it only once", async () => {
      const client = { idleTimeout: 20_000 };
      await post(`${upstream.url}/warm`, client);
      upstream.on("/die", rawThenReset(), ok());
      const { kind, nothingSent } = await post(`${upstream.url}/die`, client);
      expect([kind, nothingSent, upstream.requests("/die").length]).toEqual(["reset", false, 1]);
    });

    it("refuses the connection was sent nothing", async () => {
      const closed = await startUpstream();
      await closed.close();
      expect(await post(closed.url)).toMatchObject({ kind: "refused", nothingSent: true });
    });

    it("stops listening while it is warm was sent nothing", async () => {
      const leaving = await startUpstream();
      // Without a connection that is kept: whether its end has been noticed by then is chance.
      leaving.on("/", raw("HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: 2\r\n\r\nok"));
      expect((await post(leaving.url)).status).toBe(200);
      await leaving.close();
      expect(await post(leaving.url)).toMatchObject({ kind: "refused", nothingSent: true });
    });

    it("has no address was sent nothing", async () => {
      expect(await post("http://name.invalid")).toMatchObject({ kind: "dns", nothingSent: true });
    });

    it("speaks no TLS was sent nothing", async () => {
      const url = `https://127.0.0.1:${upstream.port}`;
      expect(await post(url)).toMatchObject({ kind: "tls", nothingSent: true });
    });

    it("takes connections and no TLS handshake times out, and was sent nothing", async () => {
      const silent = await listening(createTcpServer((socket) => socket.on("error", () => {})));
      const result = await post(`https://127.0.0.1:${silent.port}`, { connectTimeout: 300 });
      silent.close();
      expect(result).toMatchObject({ kind: "connect_timeout", nothingSent: true });
    });

    it("has a full backlog times out while it is cold, and is not sent the request later", async () => {
      const full = await startFullBacklog();
      await full.block();
      const result = await post(`http://127.0.0.1:${full.port}`, { connectTimeout: 400 });
      const later = await full.wake();
      await full.close();
      expect(result).toMatchObject({ kind: "connect_timeout", nothingSent: true });
      expect(later).toEqual([]);
    });

    it("has a full backlog times out while it is warm too", async () => {
      const full = await startFullBacklog();
      const url = `http://127.0.0.1:${full.port}`;
      expect((await post(url, { connectTimeout: 400 })).status).toBe(200);
      await full.block();
      const result = await post(url, { connectTimeout: 400 });
      await full.close();
      // Bun's fetch does not tell whether it had a connection.
      expect(result).toMatchObject({ kind: "connect_timeout", nothingSent: runtime === "deno" });
    });

    it("is behind a proxy that refuses the tunnel was sent nothing", async () => {
      const result = await post("https://localhost:9443", {
        proxy: { url: `http://127.0.0.1:${proxy.port}` },
      });
      expect(result).toMatchObject({ kind: "refused", nothingSent: true });
    });

    it("is behind a proxy that is not there was sent nothing", async () => {
      const closed = await startUpstream();
      await closed.close();
      const result = await post(upstream.url, { proxy: { url: closed.url } });
      expect(result).toMatchObject({ kind: "refused", nothingSent: true });
    });

    it("is silent is waited for, longer than a connect may take", async () => {
      upstream.on("/silent", async (exchange) => {
        await new Promise((resolve) => setTimeout(resolve, 900));
        await ok()(exchange);
      });
      const result = await post(`${upstream.url}/silent`, { connectTimeout: 200 });
      expect(result.status).toBe(200);
    });

    describe.skipIf(!hasOpenssl())("speaks TLS and", () => {
      it("has a certificate that nobody vouches for was sent nothing", async () => {
        const secure = await startUpstream({ tls: certificates });
        secure.on("/", ok());
        expect(await post(secure.url)).toMatchObject({ kind: "tls", nothingSent: true });
        expect((await post(secure.url, { ca: certificates.ca })).status).toBe(200);
        const { ca } = makeCertificates();
        expect(await post(secure.url, { ca })).toMatchObject({ kind: "tls", nothingSent: true });
        await secure.close();
      });

      it("has a certificate for another name was sent nothing", async () => {
        const server = await listening(createTlsServer(certificates), "127.0.0.2");
        const result = await post(`https://127.0.0.2:${server.port}`, { ca: certificates.ca });
        server.close();
        expect(result).toMatchObject({ kind: "tls", nothingSent: true });
      });

      it("breaks it once it has the request may have got that", async () => {
        const server = await listening(
          createTcpServer((socket) => {
            socket.on("error", () => {});
            const secured = new TLSSocket(socket, { isServer: true, ...certificates });
            secured.on("error", () => {});
            secured.on("data", () => socket.write("not a record of TLS at all"));
          }),
        );
        const result = await post(`https://localhost:${server.port}`, { ca: certificates.ca });
        server.close();
        expect([result.nothingSent, result.kind]).toEqual([false, "reset"]);
      });

      it("is behind a proxy with a password is reached", async () => {
        const secure = await startUpstream({ tls: certificates });
        secure.on("/", ok());
        const authorization = `Basic ${btoa("ann:secret")}`;
        const url = `http://127.0.0.1:${proxy.port}`;
        const result = await post(secure.url, { ca: certificates.ca, proxy: { url, authorization } });
        await secure.close();
        expect(result.status).toBe(200);
        expect(proxy.asked.at(-1)?.authorization).toBe(authorization);
      });
    });

    it("has a text for a certificate fails at once", async () => {
      const result = await post(upstream.url, { ca: "no certificate" });
      expect([result.kind, result.status]).toEqual([undefined, undefined]);
      expect(result.message).not.toBe("");
    });
  });
}

async function listening(server: Server, host = "127.0.0.1"): Promise<{ port: number; close(): void }> {
  await new Promise<void>((resolve) => server.listen(0, host, resolve));
  const address = server.address();
  return {
    port: typeof address === "object" && address !== null ? address.port : 0,
    close: () => void server.close(),
  };
}
