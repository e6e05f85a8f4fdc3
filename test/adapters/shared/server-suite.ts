import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { ListenOptions } from "../../../src/runtime/runtime.ts";
import { hasOpenssl, makeCertificates } from "../../support/certificates.ts";
import { connect } from "../../support/raw-client.ts";
import { request } from "../../support/raw-request.ts";
import { now, pause } from "../../support/wait.ts";
import { type Driven, startDriver, type WebRuntime } from "./driven.ts";
import type { Result } from "./driver.ts";

const OPTIONS = {
  address: "127.0.0.1",
  port: 0,
  headTimeout: 5_000,
  idleTimeout: 60_000,
  writeTimeout: 5_000,
};
const GET = (path: string): string => `GET ${path} HTTP/1.1\r\nhost: proxy.test\r\n\r\n`;

/** The server of a runtime, over real sockets. */
export function serverSuite(runtime: WebRuntime): void {
  describe(`${runtime}: a server`, () => {
    let driver: Driven;
    let port = 0;
    const serve = (more: Partial<ListenOptions> = {}): Promise<Result> =>
      driver.call({ type: "serve", options: { ...OPTIONS, ...more } });
    const portOf = async (more: Partial<ListenOptions> = {}): Promise<number> =>
      (await serve(more)).port ?? 0;
    beforeAll(async () => {
      driver = startDriver(runtime);
      port = await portOf();
    });
    afterAll(() => driver.close());

    it("tells the peer's address, IPv4 as IPv4 also where it listens on IPv6", async () => {
      expect((await request(port, "/peer")).json()).toMatchObject({
        address: "127.0.0.1",
        host: "proxy.test",
      });
      const dual = await portOf({ address: "::" });
      expect((await request(dual, "/peer", { from: "127.0.0.3" })).json()).toMatchObject({
        address: "127.0.0.3",
      });
      expect((await request(dual, "/peer", { host: "::1" })).json()).toMatchObject({ address: "::1" });
    });

    it("listens on a name", async () => {
      const named = await portOf({ address: "localhost" });
      expect((await request(named, "/peer", { host: "localhost" })).status).toBe(200);
    });

    it("makes a bare 500 of an exception, and goes on", async () => {
      const { status, bodySize } = await request(port, "/throw");
      expect([status, bodySize]).toEqual([500, 0]);
      expect((await request(port, "/")).text()).toBe("ok");
    });

    it("keeps several set-cookie several", async () => {
      expect((await request(port, "/cookies")).all("set-cookie")).toEqual(["a=1", "b=2"]);
    });

    it("sends a body that breaks as far as it came, and no end", async () => {
      for (const query of ["", "?gap=50", "?length=10", "?length=10&gap=50"]) {
        const { status, text, end } = await request(port, `/cut${query}`);
        expect([query, status, text()]).toEqual([query, 200, "one"]);
        expect(["cut", "reset"]).toContain(end);
      }
    });

    it("keeps the length of an answer that comes in one piece", async () => {
      for (const query of ["", "&gap=50"]) {
        const { header, text } = await request(port, `/piece?length=3${query}`);
        expect([header("content-length"), text()]).toEqual(["3", "one"]);
      }
    });

    it("invents no content-type", async () => {
      const { header, text } = await request(port, "/untyped");
      expect([header("content-type"), text()]).toEqual([undefined, "bytes"]);
    });

    it("takes bodies without a limit of its own", async () => {
      const size = 150 * 1024 * 1024;
      const client = await connect(port);
      const answer = client.next({ keep: false });
      await client.send(`POST / HTTP/1.1\r\nhost: a\r\ncontent-length: ${size}\r\n\r\n`);
      for (let sent = 0; sent < size; sent += 1_048_576) await client.send(Buffer.alloc(1_048_576, "x"));
      const { status, bodySize } = await answer.end(20_000);
      client.close();
      expect([status, bodySize]).toEqual([200, size]);
    }, 30_000);

    it("tells why it can't listen", async () => {
      expect(await serve({ port })).toMatchObject({ kind: "in_use" });
      expect(await serve({ address: "192.0.2.1" })).toMatchObject({ kind: "not_available" });
      expect(await serve({ address: "name.invalid" })).toMatchObject({ kind: "not_available" });
      expect(await serve({ tls: { cert: "none", key: "none" } })).toMatchObject({ kind: "tls" });
    });

    it.skipIf(!hasOpenssl())("serves TLS, and refuses a key of another certificate", async () => {
      const { ca, cert, key } = makeCertificates();
      const secure = await portOf({ tls: { cert, key } });
      expect((await request(secure, "/", { tls: { ca } })).text()).toBe("ok");
      expect(await serve({ tls: { cert, key: makeCertificates().key } })).toMatchObject({ kind: "tls" });
    });

    it("drains: idle connections are closed, what runs ends with connection: close, and then it is over", async () => {
      const draining = await portOf();
      const idle = await connect(draining);
      await Promise.all([idle.next().end(), idle.send(GET("/"))]);
      const running = await connect(draining);
      const late = running.next();
      await running.send(GET("/late?gap=400"));
      const streaming = await connect(draining);
      const pieces = streaming.next();
      await streaming.send(GET("/pieces?gap=200"));
      await pause(50);

      const began = now();
      const drained = driver.call({ type: "drain", port: draining }).then(() => now() - began);
      await idle.untilClosed(300);
      await expect(connect(draining)).rejects.toThrow();
      const { header, text } = await late.end();
      expect([header("connection"), text()]).toEqual(["close", "late"]);
      await running.untilClosed(300);
      expect((await pieces.end()).end).toBe("complete");
      expect(await drained).toBeGreaterThan(300);
      await driver.call({ type: "close", port: draining });
    });

    it("closes: what runs is cut", async () => {
      const closing = await portOf();
      const client = await connect(closing);
      const answer = client.next();
      await client.send(GET("/pieces?gap=300"));
      await answer.until("one");
      await driver.call({ type: "close", port: closing });
      expect(["cut", "reset"]).toContain((await answer.end()).end);
      await expect(connect(closing)).rejects.toThrow();
    });

    it("keeps quiet on its standard error", () => {
      expect(driver.stderr).toBe("");
    });
  });
}
