/** What the rows about answers share. */

import { type Kit, simpleConfig, uniquePath } from "../../support/contract.ts";
import type { Behaviour, FaultUpstream } from "../../support/fault-upstream.ts";
import type { RunningProxy } from "../../support/programs.ts";
import type { Answer } from "../../support/raw-answer.ts";
import { type RequestOptions, request } from "../../support/raw-request.ts";

export interface Fixture {
  readonly up: FaultUpstream;
  readonly proxy: RunningProxy;
}

export async function setup({ upstream, start }: Kit): Promise<Fixture> {
  const up = await upstream();
  return { up, proxy: await start(simpleConfig({ upstreams: [["only", up.url]], strategy: "roundrobin" })) };
}

/** The client's view of an upstream's behaviour. */
export async function given(
  { up, proxy }: Fixture,
  behaviour: Behaviour,
  options?: RequestOptions,
): Promise<Answer> {
  const path = uniquePath();
  up.on(path, behaviour);
  return request(proxy.port("main"), path, options);
}
