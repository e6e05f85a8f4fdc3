/** What the rows about second tries share: groups that differ in strategy and policy over two upstreams. */

import { ok } from "../../support/behaviours.ts";
import { type Kit, uniquePath } from "../../support/contract.ts";
import { type Behaviour, type FaultUpstream, startUpstream } from "../../support/fault-upstream.ts";
import type { RunningProxy } from "../../support/programs.ts";
import type { Answer } from "../../support/raw-answer.ts";
import { type RequestOptions, request } from "../../support/raw-request.ts";

export interface Fixture {
  readonly a: FaultUpstream;
  readonly b: FaultUpstream;
  readonly proxy: RunningProxy;
}

const RETRY = "retry: {attempts: 3, initial: 100}";

/** Forward and group of that name: strategy, members, http_client. */
const GROUPS: Readonly<Record<string, readonly [strategy: string, members: string, client: string]>> = {
  equals: ["roundrobin", "{name: a}, {name: b}", RETRY],
  single: ["roundrobin", "{name: a}", RETRY],
  ordered: ["failover", "{name: a}, {name: b}", RETRY],
  plain: ["roundrobin", "{name: a}", ""],
  "plain-ordered": ["failover", "{name: a}, {name: b}", ""],
  "dead-first": ["failover", "{name: dead}, {name: b}", ""],
  hasty: ["failover", "{name: a}, {name: b}", `timeout: {request: 1}, ${RETRY}`],
  bounded: ["roundrobin", "{name: a}", "timeout: {total: 1}, retry: {attempts: 50, initial: 100}"],
  keyed: ["failover", "{name: keyed}, {name: b}", RETRY],
};

/** Fresh connections by default, so that what is seen is the program's own second try and no pool's. */
export function setup(kit: Kit): Promise<Fixture> {
  return setupWith(kit, false);
}

/** Where the subject is a connection that was used before. */
export function setupReusing(kit: Kit): Promise<Fixture> {
  return setupWith(kit, true);
}

async function setupWith({ upstream, start }: Kit, keepAlive: boolean): Promise<Fixture> {
  const a = await upstream({ keepAlive });
  const b = await upstream({ keepAlive });
  const dead = await startUpstream();
  await dead.close();
  const names = Object.keys(GROUPS);
  const groups = Object.entries(GROUPS).map(
    ([name, [strategy, members, client]]) =>
      `  - {name: ${name}, upstreams: [${members}], balance: {strategy: ${strategy}}, http_client: {${client}}}`,
  );
  const yaml = `
http_server:
  forwards:
${names.map((name) => `    - {name: ${name}, port: 0, address: 127.0.0.1, upstream_group: ${name}}`).join("\n")}
  admin: {port: 0, address: 127.0.0.1}
upstreams:
  - {name: a, url: "${a.url}"}
  - {name: b, url: "${b.url}"}
  - {name: dead, url: "${dead.url}"}
  - {name: keyed, url: "${a.url}", auth: {type: bearer, token: revoked}}
upstream_groups:
${groups.join("\n")}
`;
  return { a, b, proxy: await start(yaml) };
}

export interface Case {
  readonly forward: string;
  readonly a?: readonly [Behaviour, ...Behaviour[]];
  readonly b?: readonly [Behaviour, ...Behaviour[]];
  readonly request?: RequestOptions;
  /** Ending of the path. */
  readonly suffix?: string;
}

/** What the client got, from whom, after how many tries, and how many each upstream saw. */
export interface Seen {
  readonly answer: Answer;
  readonly tries: readonly [
    status: number,
    upstream: string | undefined,
    attempts: string | undefined,
    a: number,
    b: number,
  ];
  readonly path: string;
}

export async function play({ a, b, proxy }: Fixture, options: Case): Promise<Seen> {
  const path = uniquePath(options.suffix ?? "/v1/chat/completions");
  a.on(path, ...(options.a ?? [ok("a")]));
  b.on(path, ...(options.b ?? [ok("b")]));
  const answer = await request(proxy.port(options.forward), path, {
    body: '{"model":"m"}',
    ...options.request,
  });
  return {
    answer,
    path,
    tries: [
      answer.status,
      answer.header("x-llmproxy-upstream"),
      answer.header("x-llmproxy-attempts"),
      a.requests(path).length,
      b.requests(path).length,
    ],
  };
}

/** Path of a POST that changes something: no inference call, so that it must not be repeated. */
export const RISKY = "/v1/files";
