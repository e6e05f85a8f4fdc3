import { expect } from "vitest";
import { echo } from "../../support/behaviours.ts";
import { contract, type Kit, type Row, simpleConfig, uniquePath } from "../../support/contract.ts";
import type { FaultUpstream } from "../../support/fault-upstream.ts";
import type { RunningProxy } from "../../support/programs.ts";
import { request } from "../../support/raw-request.ts";

interface Fixture {
  readonly up: FaultUpstream;
  readonly proxy: RunningProxy;
}

const MiB = 1024 * 1024;
const body = Buffer.alloc(9 * MiB, "0123456789abcdef");

const rows: readonly Row<Fixture & Kit>[] = (["length", "chunks"] as const).map((framing) => ({
  name: `an upload too large to keep moves on whole from an upstream that refuses (${framing})`,
  async run({ up, proxy }) {
    const path = uniquePath();
    up.on(path, echo);
    const sent =
      framing === "length" ? { body } : { chunks: [body.subarray(0, 4 * MiB), body.subarray(4 * MiB)] };
    const answer = await request(proxy.port("main"), path, { method: "POST", ...sent });
    expect([
      answer.status,
      answer.header("x-llmproxy-upstream"),
      answer.header("x-llmproxy-attempts"),
    ]).toEqual([200, "takes", "2"]);
    expect(answer.body.equals(body)).toBe(true);
    expect(up.requests(path)).toHaveLength(1);
  },
}));

contract<Fixture>(
  "large uploads",
  async (kit) => {
    const gone = await kit.upstream();
    const up = await kit.upstream();
    const upstreams = [
      ["refuses", gone.url],
      ["takes", up.url],
    ] as const;
    const proxy = await kit.start(simpleConfig({ upstreams }));
    await gone.close();
    return { up, proxy };
  },
  rows,
);
