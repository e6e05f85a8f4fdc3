/** A page in Chromium, of another origin than the proxy's. */

import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { launch } from "puppeteer-core";
import { ROOT } from "../../support/program-command.ts";
import type { Client, Target, ToolCall, Trouble } from "../client.ts";

const SCRIPT = readFileSync(join(ROOT, "test/clients/browser/page.js"), "utf8");

const CLIENT_PAGE = `<!doctype html><title>page</title><script>${SCRIPT}</script>`;

/** A page served on an origin of its own. */
export interface Site {
  readonly origin: string;
  close(): void;
}

/** A page that is open. */
export interface Page {
  /** Calls a method of the page's `client`. */
  call(method: string, ...args: readonly unknown[]): Promise<unknown>;
  /** Resolves with what the page shows, once that fits. */
  shows(fits: RegExp): Promise<string>;
}

export interface Browser {
  open(site: Site): Promise<Page>;
  close(): Promise<void>;
}

/** @param html @default a page with the `client` that the suite asks */
export async function serveSite(html = CLIENT_PAGE): Promise<Site> {
  const server = createServer((_, response) => {
    response.setHeader("content-type", "text/html");
    response.end(html);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return { origin, close: () => void server.close() };
}

/**
 * Starts the environment's CHROMIUM, or Debian's.
 *
 * @param localhost the port at which it finds whatever a page asks `localhost` for; left out: the one that is asked for
 */
export async function startBrowser(localhost?: number): Promise<Browser> {
  const executablePath = process.env["CHROMIUM"] ?? "/usr/bin/chromium";
  // Chromium has no sandbox for root, as whom CI runs; all that it loads is ours.
  const args = process.getuid?.() === 0 ? ["--no-sandbox"] : [];
  if (localhost !== undefined) args.push(`--host-resolver-rules=MAP localhost 127.0.0.1:${localhost}`);
  const browser = await launch({ executablePath, args });
  return {
    async open({ origin }) {
      const page = await browser.newPage();
      await page.goto(origin);
      return {
        // A string: what the test's compiler makes of a function need not run in a page.
        call: (method, ...values) => page.evaluate(`client.${method}(...${JSON.stringify(values)})`),
        async shows(fits) {
          await page.waitForFunction(`${fits}.test(document.body.innerText)`, { timeout: 5_000 });
          return String(await page.evaluate("document.body.innerText"));
        },
      };
    },
    close: () => browser.close(),
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
