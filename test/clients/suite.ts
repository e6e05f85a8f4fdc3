/** What holds for every client, through every program. */

import { expect } from "vitest";
import { contract, type Kit, type Row } from "../support/contract.ts";
import type { RunningProxy } from "../support/programs.ts";
import type { Client } from "./client.ts";
import { type Calls, type Provider, startProvider } from "./provider.ts";

interface Fixture {
  readonly provider: Provider;
  readonly proxy: RunningProxy;
}

/** How often a retrying group asks again. */
const ATTEMPTS = 2;

/** Nobody listens there: the discard port. */
const NOBODY = "http://127.0.0.1:9";

/** A forward without retries, one whose only upstream is away, and for each client one with a retry budget of its own. */
function configFor(clients: readonly Client[], url: string): string {
  const retrying = clients.map((_, i) => `retrying-${i}`);
  const forward = (name: string, group: string): string =>
    `    - {name: ${name}, port: 0, address: 127.0.0.1, upstream_group: ${group}, cors: {origins: ["*"]}}`;
  return `
http_server:
  forwards:
${["plain", "away", ...retrying].map((name) => forward(name, name)).join("\n")}
upstreams:
  - {name: simulator, url: "${url}"}
  - {name: nobody, url: "${NOBODY}"}
upstream_groups:
  - {name: plain, upstreams: [{name: simulator}]}
  - {name: away, upstreams: [{name: nobody}]}
${retrying.map((name) => `  - {name: ${name}, upstreams: [{name: simulator}], http_client: {retry: {attempts: ${ATTEMPTS}, initial: 100}}}`).join("\n")}
`;
}

function rowsOf(client: Client, index: number): readonly Row<Fixture & Kit>[] {
  const at = (
    { proxy }: Fixture,
    forward: string,
    calls: Calls,
    headers: Readonly<Record<string, string>> = {},
  ) => ({
    origin: `http://127.0.0.1:${proxy.port(forward)}`,
    headers: { ...calls.headers, ...headers },
  });
  const row = (name: string, run: (fixture: Fixture, calls: Calls) => Promise<void>): Row<Fixture & Kit> => ({
    name: `${client.name}: ${name}`,
    timeout: 30_000,
    skipHere: client.skipHere,
    run: (fixture) => run(fixture, fixture.provider.open()),
  });

  return [
    row("a stream comes in pieces and says what the whole answer says", async (fixture, calls) => {
      const target = at(fixture, "plain", calls, { "x-sim-seed": "7", "x-sim-tokens": "20" });
      const whole = await client.plain(target);
      const pieces = await client.stream(target);
      expect(whole).toMatch(/\w+ \w+/);
      expect(pieces.join("")).toBe(whole);
      expect(pieces.length).toBeGreaterThan(5);
    }),
    row("a tool is called with its arguments", async (fixture, calls) => {
      const call = await client.tool(at(fixture, "plain", calls));
      expect(call).toEqual({ name: "get_weather", args: { city: expect.any(String) } });
    }),
    row("a client that leaves a stream after its first text is seen upstream", async (fixture, calls) => {
      // A stream of a minute: its first text cannot have waited for its end.
      const slow = { "x-sim-tokens": "1200", "x-sim-tokens-per-second": "20" };
      await client.abort(at(fixture, "plain", calls, slow));
      await calls.left();
      expect(calls.count()).toBe(1);
    }),
    ...([400, 429, 500] as const).map((status) =>
      row(`a ${status} of the upstream is the error that the client has for it`, async (fixture, calls) => {
        const headers = { "x-sim-status": String(status), "x-sim-retry-after": "0" };
        const { type, status: got } = await client.fail(at(fixture, "plain", calls, headers), 0);
        expect([type, got]).toEqual([client.errors[status], status]);
      }),
    ),
    row("an error of the proxy's own is an error that says what failed", async (fixture, calls) => {
      const { type, status, message } = await client.fail(at(fixture, "away", calls), 0);
      expect([type, status]).toEqual([client.errors[502], 502]);
      expect(message).toMatch(client.ownMessage ?? /Upstream .* refused the connection/);
    }),
    row("the proxy's retries alone are as many as configured", async (fixture, calls) => {
      await client.fail(at(fixture, `retrying-${index}`, calls, { "x-sim-status": "500" }), 0);
      expect(calls.count()).toBe(1 + ATTEMPTS);
    }),
    ...(client.retries
      ? [
          row("its own retries multiply those of the proxy", async (fixture, calls) => {
            await client.fail(at(fixture, `retrying-${index}`, calls, { "x-sim-status": "500" }), 1);
            expect(calls.count()).toBe(2 * (1 + ATTEMPTS));
          }),
        ]
      : []),
  ];
}

/** Runs every row for every client against every program, all at once: most of their time they wait. */
export function clientContract(subject: string, clients: readonly Client[]): void {
  contract<Fixture>(
    subject,
    async (kit) => {
      const provider = await startProvider();
      kit.scope.defer(() => provider.close());
      return { provider, proxy: await kit.start(configFor(clients, provider.url)) };
    },
    clients.flatMap(rowsOf),
    { concurrent: true },
  );
}
