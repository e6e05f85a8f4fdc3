/** One program's config for many cases: a route, a group and upstreams of its own for each. */

import { hasOpenssl, makeCertificates } from "../support/certificates.ts";
import type { Kit } from "../support/contract.ts";
import { type FaultUpstream, startUpstream } from "../support/fault-upstream.ts";
import { startFullBacklog } from "../support/full-backlog.ts";
import type { Address, Run } from "./case.ts";

export type Addresses = Readonly<Record<Address, string>>;

export async function startAddresses({ scope, upstream }: Kit, server: FaultUpstream): Promise<Addresses> {
  const closed = await startUpstream();
  await closed.close();
  const full = await startFullBacklog();
  scope.defer(() => full.close());
  await full.block();
  const untrusted = hasOpenssl() ? await upstream({ tls: makeCertificates() }) : undefined;
  return {
    refused: closed.url,
    "no answer to connect": `http://127.0.0.1:${full.port}`,
    "plain text instead of TLS": `https://127.0.0.1:${server.port}`,
    "untrusted certificate": untrusted?.url ?? "https://untrusted.invalid",
    "no such name": "http://name.invalid",
  };
}

const TIMEOUTS = "connect: 1, request: 1, stall: 1, first_token: 2";

/** The upstreams of run `id` are `c<id>a`, the faulty one, and `c<id>b`; so are their paths. */
export function configOf(runs: readonly Run[], server: FaultUpstream, addresses: Addresses): string {
  const upstreams = runs.flatMap(({ case: { upstream }, setting }, id) => {
    const url = (name: string, faulty: boolean): string =>
      faulty && typeof upstream === "string" ? addresses[upstream] : `${server.url}/${name}`;
    return [
      `{name: c${id}a, url: "${url(`c${id}a`, true)}", breaker: {cooldown: 300}}`,
      `{name: c${id}b, url: "${url(`c${id}b`, setting === "exhausted")}", breaker: {cooldown: 300}}`,
    ];
  });
  const groups = runs.map(({ case: { timeouts }, setting }, id) => {
    const members = setting === "alone" ? `{name: c${id}a}` : `{name: c${id}a}, {name: c${id}b}`;
    const strategy = setting === "failover" ? "failover" : "roundrobin";
    const attempts = { alone: 0, failover: 0, retry: 2, exhausted: 1 }[setting];
    const retry = attempts > 0 ? `, retry: {attempts: ${attempts}, initial: 100}` : "";
    const client = `timeout: {${timeouts === undefined ? TIMEOUTS : `connect: 1, stall: 1, ${timeouts}`}}${retry}`;
    return `{name: c${id}, upstreams: [${members}], balance: {strategy: ${strategy}}, http_client: {${client}}}`;
  });
  const routes = runs.map((_, id) => `{path: "/c${id}/*", target_group: c${id}, strip_prefix: /c${id}}`);
  const list = (items: readonly string[], indent: string): string =>
    items.map((item) => `${indent}- ${item}`).join("\n");
  return `
http_server:
  forwards:
    - name: main
      port: 0
      address: 127.0.0.1
      upstream_group: c0
      routing:
${list(routes, "        ")}
  admin: {port: 0, address: 127.0.0.1}
upstreams:
${list(upstreams, "  ")}
upstream_groups:
${list(groups, "  ")}
`;
}
