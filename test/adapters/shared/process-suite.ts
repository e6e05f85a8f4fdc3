import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ok } from "../../support/behaviours.ts";
import { startConnectProxy } from "../../support/connect-proxy.ts";
import { startUpstream } from "../../support/fault-upstream.ts";
import { clientOptions, type Driven, startDriver, type WebRuntime } from "./driven.ts";

/** What a runtime has besides server and client. */
export function processSuite(runtime: WebRuntime): void {
  describe(`${runtime}: a process`, () => {
    let driver: Driven;
    let folder = "";
    beforeAll(() => {
      driver = startDriver(runtime);
      folder = mkdtempSync(join(tmpdir(), "llmproxy-process-"));
    });
    afterAll(() => {
      driver.close();
      rmSync(folder, { recursive: true });
    });

    it("reads files, and says why it can't", async () => {
      writeFileSync(join(folder, "a.txt"), "größer");
      expect(await driver.call({ type: "read", path: join(folder, "a.txt") })).toEqual({ value: "größer" });
      expect(await driver.call({ type: "read", path: join(folder, "b.txt") })).toEqual({
        message: "no such file",
      });
      expect(await driver.call({ type: "read", path: folder })).toEqual({ message: "is a directory" });
    });

    it("has figures of itself", async () => {
      const { stats } = await driver.call({ type: "stats" });
      const figures = stats as Readonly<Record<string, number>>;
      for (const name of ["cpuUserSeconds", "residentBytes", "heapBytes"])
        expect(figures[name]).toBeGreaterThan(0);
      expect(Math.abs((figures["startTimeSeconds"] ?? 0) - Date.now() / 1000)).toBeLessThan(60);
    });

    it("never sends upstream requests through a proxy of its environment, and shows that environment", async () => {
      const proxy = await startConnectProxy("a:b");
      const upstream = await startUpstream();
      upstream.on("/", ok());
      const url = `http://127.0.0.1:${proxy.port}`;
      const other = startDriver(runtime, { HTTP_PROXY: url, http_proxy: url, ALL_PROXY: url });
      const answer = await other.call({ type: "fetch", url: upstream.url, client: clientOptions() });
      const seen = await other.call({ type: "env", name: "HTTP_PROXY" });
      other.close();
      await upstream.close();
      await proxy.close();
      expect([answer.status, proxy.asked, seen.value]).toEqual([200, [], url]);
    });
  });
}
