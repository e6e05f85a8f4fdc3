/** A page in Chromium, of another origin than the proxy's. */

import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { launch } from "puppeteer-core";
import { ROOT } from "../../support/program-command.ts";
import type { Client, Target, ToolCall, Trouble } from "../client.ts";

const SCRIPT = readFileSync(join(ROOT, "test/clients/browser/page.js"), "utf8");

export interface Page {
  /** What the page's requests say in Origin. */
  readonly origin: string;
  /** Calls a method of the page's `client`. */
  call(method: string, ...args: readonly unknown[]): Promise<unknown>;
}

export interface Browser {
  /** Opens a page of an origin of its own. */
  open(): Promise<Page>;
  close(): Promise<void>;
}

/** @param executable @default the environment's CHROMIUM, or Debian's */
export async function startBrowser(
  executable = process.env["CHROMIUM"] ?? "/usr/bin/chromium",
): Promise<Browser> {
  // Chromium has no sandbox for root, as whom CI runs; all that it loads is ours.
  const args = process.getuid?.() === 0 ? ["--no-sandbox"] : [];
  const browser = await launch({ executablePath: executable, args });
  const servers: (() => void)[] = [];
  return {
    async open() {
      const server = createServer((_, response) => {
        response.setHeader("content-type", "text/html");
        response.end(`<!doctype html><title>page</title><script>${SCRIPT}</script>`);
      });
      await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
      servers.push(() => server.close());
      const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
      const page = await browser.newPage();
      await page.goto(origin);
      return {
        origin,
        // A string: what the test's compiler makes of a function need not run in a page.
        call: (method, ...values) => page.evaluate(`client.${method}(...${JSON.stringify(values)})`),
      };
    },
    async close() {
      await browser.close();
      for (const close of servers) close();
    },
  };
}

export function pageClient(page: () => Page): Client {
  const call = (method: string, target: Target): Promise<unknown> => page().call(method, target);
  return {
    name: "a page in Chromium",
    plain: async (target) => (await call("plain", target)) as string,
    stream: async (target) => (await call("stream", target)) as string[],
    tool: async (target) => (await call("tool", target)) as ToolCall,
    async abort(target) {
      await call("abort", target);
    },
    fail: async (target) => (await call("fail", target)) as Trouble,
    errors: { 400: "HTTP 400", 429: "HTTP 429", 500: "HTTP 500", 502: "HTTP 502" },
  };
}
