import { writeFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import { join } from "node:path";
import type { Readable } from "node:stream";
import { build } from "esbuild";
import { Miniflare } from "miniflare";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { within } from "../support/wait.ts";
import { type Consumer, sample } from "./consumer.ts";

/** Answers at once, with what it was sent; below /v1/silent it says half of it and then nothing. */
const upstream: Server = createServer((request, response) => {
  const path = request.url ?? "";
  const { authorization = "", "x-forwarded-for": client = "" } = request.headers;
  let received = 0;
  request.on("data", (chunk: Buffer) => {
    received += chunk.byteLength;
  });
  request.on("end", () => {
    response.writeHead(path.startsWith("/v1/failing") ? 503 : 200, { "content-type": "application/json" });
    const answer = JSON.stringify({ path, authorization, client, received });
    if (path.startsWith("/v1/silent")) response.write(answer.slice(0, 4));
    else if (path.startsWith("/v1/slow")) setTimeout(() => response.end(answer), 200);
    else response.end(answer);
  });
});

const STALLING = `
import { createForward } from "llmproxy";
const llm = await createForward({
  http_server: { forwards: [{ name: "f", upstream_group: "g" }] },
  upstreams: [{ name: "u", url: UPSTREAM }],
  upstream_groups: [{ name: "g", upstreams: [{ name: "u" }], http_client: { timeout: { stall: 1 } } }],
});
export default {
  fetch: async (request) =>
    request.url.endsWith("/metrics") ? new Response(await llm.metrics()) : llm.fetch(request),
};
`;

/** The package in edge workers, as workerd runs them. */
export function workerSuite(consumer: () => Consumer): void {
  const running: Miniflare[] = [];
  let url: string;

  beforeAll(async () => {
    await new Promise<void>((resolve) => upstream.listen(0, "127.0.0.1", resolve));
    const address = upstream.address();
    url = `http://127.0.0.1:${typeof address === "object" ? address?.port : 0}/v1`;
  });

  afterAll(async () => {
    await Promise.all(running.map((one) => one.dispose()));
    upstream.closeAllConnections();
    upstream.close();
  });

  /** Bundles a module beside the installed package, as a worker's tools do, and runs it in workerd. */
  async function startWorker(code: string, bindings: Readonly<Record<string, string>> = {}): Promise<URL> {
    const entry = join(consumer().folder, "worker.js");
    writeFileSync(entry, code);
    const { outputFiles } = await build({
      entryPoints: [entry],
      bundle: true,
      write: false,
      format: "esm",
      platform: "neutral",
      target: "es2022",
      mainFields: ["browser", "module", "main"],
      conditions: ["workerd", "worker", "browser"],
      external: ["cloudflare:workers"],
      define: { UPSTREAM: JSON.stringify(url) },
    });
    const worker = new Miniflare({
      modules: true,
      script: outputFiles[0]?.text ?? "",
      compatibilityDate: "2026-01-01",
      // It tells of every body that fails, which here they do on purpose.
      handleRuntimeStdio(out: Readable, err: Readable) {
        out.resume();
        err.resume();
      },
      bindings,
    });
    running.push(worker);
    return worker.ready;
  }

  describe("the sample's edge worker, in workerd", () => {
    let worker: URL;
    beforeAll(async () => {
      worker = await startWorker(sample("worker.js"), {
        FIRST_URL: "http://127.0.0.1:9/v1",
        SECOND_URL: url,
      });
    });

    it("moves on to the upstream that is there", async () => {
      const response = await fetch(new URL("/v1/chat/completions", worker), {
        method: "POST",
        body: "{}",
        headers: { authorization: "Bearer client", "cf-connecting-ip": "192.0.2.7" },
      });
      expect(response.headers.get("x-llmproxy-upstream")).toBe("second");
      expect(await response.json()).toMatchObject({
        path: "/v1/chat/completions",
        authorization: "Bearer client",
        received: 2,
      });
    });

    it("passes an upstream's own error on", async () => {
      const response = await fetch(new URL("/failing/v1/embeddings", worker), {
        method: "POST",
        body: "x".repeat(100_000),
      });
      expect(response.status).toBe(503);
      expect(await response.json()).toMatchObject({ received: 100_000 });
    });

    it("answers many at once", async () => {
      const responses = await Promise.all(
        Array.from({ length: 20 }, (_, i) =>
          fetch(new URL(`/v1/slow/${i}`, worker)).then((one) => one.json()),
        ),
      );
      expect(responses.map((one) => (one as { path: string }).path)).toEqual(
        Array.from({ length: 20 }, (_, i) => `/v1/slow/${i}`),
      );
    });
  });

  describe("an edge worker", () => {
    it("cuts a stream that hangs, also after the request that came before it has ended", async () => {
      const worker = await startWorker(STALLING);
      const first = fetch(new URL("/v1/slow", worker));
      const hanging = await fetch(new URL("/v1/silent", worker));
      await (await first).text();
      // workerd itself ends a body that fails as if it were whole: what was cut is seen in the metrics.
      await within(hanging.text(), 5_000, "the stream ends");
      const metrics = await (await fetch(new URL("/metrics", worker))).text();
      expect(metrics).toContain('llmproxy_upstream_errors_total{error="stall",group="g",upstream="u"} 1');
    });
  });
}
