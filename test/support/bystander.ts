/** What one connection does to the others of a program: nothing. */

import { expect } from "vitest";
import * as wire from "../conformance/wire.ts";
import { ok } from "./behaviours.ts";
import { type Kit, uniquePath } from "./contract.ts";
import type { FaultUpstream } from "./fault-upstream.ts";
import type { RunningProxy } from "./programs.ts";
import { request, requestBytes } from "./raw-request.ts";
import { createLatch } from "./wait.ts";

export interface BystanderFixture extends Pick<Kit, "connect"> {
  readonly up: FaultUpstream;
  readonly proxy: RunningProxy;
}

/**
 * Runs `incident` while another client's stream is under way. Afterwards that stream is whole, the next request is
 * answered, and no defect was counted but those that were planted.
 */
export async function besideAStream(
  { up, proxy, connect }: BystanderFixture,
  incident: () => Promise<void>,
  planted = 0,
): Promise<void> {
  const path = uniquePath();
  const release = createLatch<void>();
  up.on(path, async ({ write }) => {
    write(wire.SSE + wire.chunk("data: first\n\n"));
    await release.promise;
    write(wire.chunk("data: last\n\n") + wire.END);
  });
  const bystander = await connect(proxy.port("main"));
  const stream = bystander.next();
  await bystander.send(requestBytes(path));
  await stream.until("first");
  const defects = await defectsOf(proxy);
  await incident();
  release.open();
  const answer = await stream.end();
  expect([answer.end, answer.text()]).toEqual(["complete", "data: first\n\ndata: last\n\n"]);
  bystander.close();
  const after = uniquePath();
  up.on(after, ok());
  expect((await request(proxy.port("main"), after)).status).toBe(200);
  expect(await defectsOf(proxy)).toBe(defects + planted);
}

/** `llmproxy_internal_errors_total`. */
export async function defectsOf({ adminPort }: RunningProxy): Promise<number> {
  const text = (await request(adminPort, "/metrics")).text();
  return Number(/^llmproxy_internal_errors_total (\d+)$/m.exec(text)?.[1]);
}
