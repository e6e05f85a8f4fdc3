/** What the rows about requests share: forwards to one upstream that differ in auth and header rules. */

import { expect } from "vitest";
import { echo } from "../../support/behaviours.ts";
import { type Kit, uniquePath } from "../../support/contract.ts";
import type { FaultUpstream, Received } from "../../support/fault-upstream.ts";
import type { RunningProxy } from "../../support/programs.ts";
import { type RequestOptions, request } from "../../support/raw-request.ts";

export interface Fixture {
  readonly up: FaultUpstream;
  readonly proxy: RunningProxy;
}

export async function setup({ upstream, start }: Kit): Promise<Fixture> {
  const up = await upstream();
  const forwards = ["plain", "bearer", "basic", "rules", "replacing", "inserting"];
  const yaml = `
http_server:
  forwards:
${forwards.map((name) => `    - {name: ${name}, port: 0, address: 127.0.0.1, upstream_group: ${name}}`).join("\n")}
upstreams:
  - {name: plain, url: "${up.url}"}
  - {name: bearer, url: "${up.url}", auth: {type: bearer, token: sk-own}}
  - {name: basic, url: "${up.url}", auth: {type: basic, username: ann, password: "p:w"}}
  - name: rules
    url: "${up.url}"
    headers:
      - {op: insert, key: X-Inserted, value: mine}
      - {op: insert, key: X-There, value: mine}
      - {op: replace, key: X-Replaced, value: mine}
      - {op: replace, key: X-Added, value: mine}
      - {op: remove, key: X-Removed}
  - {name: replacing, url: "${up.url}", headers: [{op: replace, key: x-api-key, value: sk-own}]}
  - {name: inserting, url: "${up.url}", headers: [{op: insert, key: x-api-key, value: sk-own}]}
upstream_groups:
${forwards.map((name) => `  - {name: ${name}, upstreams: [{name: ${name}}]}`).join("\n")}
`;
  return { up, proxy: await start(yaml) };
}

/** Sends a request through a forward and gives what the upstream got. */
export async function through(
  { up, proxy }: Fixture,
  options: RequestOptions & {
    readonly forward?: string;
    readonly query?: string;
    readonly suffix?: string;
  } = {},
): Promise<Received> {
  const path = uniquePath(options.suffix);
  up.on(path, echo);
  const answer = await request(proxy.port(options.forward ?? "plain"), path + (options.query ?? ""), options);
  expect(answer.status).toBe(200);
  expect(answer.end).toBe("complete");
  return up.request(path);
}
