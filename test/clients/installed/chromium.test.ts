import { afterAll, beforeAll, expect } from "vitest";
import { contract, type Kit, type Row } from "../../support/contract.ts";
import type { RunningProxy } from "../../support/programs.ts";
import { createScope } from "../../support/wait.ts";
import { type Page, pageClient, type Site, serveSite, startBrowser } from "../drivers/chromium.ts";
import { type Provider, startProvider } from "../provider.ts";
import { clientContract } from "../suite.ts";

const scope = createScope();
let site: Site;
let page: Page;
let stranger: Page;

beforeAll(async () => {
  const browser = await startBrowser();
  scope.defer(() => browser.close());
  const sites = await Promise.all([serveSite(), serveSite()]);
  for (const one of sites) scope.defer(() => one.close());
  site = sites[0];
  [page, stranger] = await Promise.all([browser.open(site), browser.open(sites[1])]);
});
afterAll(() => scope.close());

clientContract("a browser", [pageClient(() => page)]);

interface Fixture {
  readonly provider: Provider;
  readonly proxy: RunningProxy;
}

/** What a page gets to see of an answer: its fields, or why it was blocked. */
async function seen(
  from: Page,
  { proxy, provider }: Fixture,
  forward: string,
  headers: Readonly<Record<string, string>> = {},
): Promise<{ readonly fields: unknown; readonly calls: number }> {
  const calls = provider.open();
  const target = {
    origin: `http://127.0.0.1:${proxy.port(forward)}`,
    headers: { ...calls.headers, ...headers },
  };
  return { fields: await from.call("fields", target), calls: calls.count() };
}

const BLOCKED = "TypeError: Failed to fetch";

const rows: readonly Row<Fixture & Kit>[] = [
  {
    name: "a page of a listed origin reads an answer with the proxy's fields and the provider's",
    async run(fixture) {
      const { fields } = await seen(page, fixture, "listed");
      expect(fields).toMatchObject({
        "x-llmproxy-upstream": "simulator",
        "x-llmproxy-attempts": "1",
        "x-llmproxy-request-id": expect.any(String),
        "openai-version": expect.any(String),
      });
    },
  },
  {
    name: "a page of a listed origin reads the Retry-After of an error",
    async run(fixture) {
      const { fields } = await seen(page, fixture, "listed", {
        "x-sim-status": "429",
        "x-sim-retry-after": "0",
      });
      expect(fields).toMatchObject({ "retry-after": "0" });
    },
  },
  {
    name: "a page of a listed origin reads the proxy's own refusal",
    async run(fixture) {
      const { fields } = await seen(page, fixture, "small");
      expect(fields).toMatchObject({ "x-llmproxy-error": "body_too_large" });
    },
  },
  {
    name: "a page of an origin that is not listed is blocked before it asks anything",
    async run(fixture) {
      expect(await seen(stranger, fixture, "listed")).toEqual({ fields: BLOCKED, calls: 0 });
    },
  },
  {
    name: "where CORS is off a page is blocked, by the provider's answer to its preflight",
    async run(fixture) {
      expect(await seen(page, fixture, "off")).toEqual({ fields: BLOCKED, calls: 0 });
    },
  },
];

contract<Fixture>(
  "a browser and CORS",
  async (kit) => {
    const provider = await startProvider();
    kit.scope.defer(() => provider.close());
    const forward = (name: string, more: string): string =>
      `    - {name: ${name}, port: 0, address: 127.0.0.1, upstream_group: pool${more}}`;
    const cors = `, cors: {origins: ["${site.origin}"]}`;
    const proxy = await kit.start(`
http_server:
  forwards:
${forward("listed", cors)}
${forward("small", `${cors}, max_body_size: 10`)}
${forward("off", "")}
upstreams: [{name: simulator, url: "${provider.url}"}]
upstream_groups: [{name: pool, upstreams: [{name: simulator}]}]
`);
    return { provider, proxy };
  },
  rows,
);
