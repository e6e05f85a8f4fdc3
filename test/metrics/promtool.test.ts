import { spawnSync } from "node:child_process";
import { expect, it } from "vitest";
import { createMetrics } from "../../src/metrics/metrics.ts";
import { createPathLabels } from "../../src/metrics/path-label.ts";

const hasPromtool = spawnSync("promtool", ["--version"]).error === undefined;

function check(text: string): { readonly status: number | null; readonly output: string } {
  const { status, stdout, stderr } = spawnSync("promtool", ["check", "metrics"], {
    input: text,
    encoding: "utf8",
  });
  return { status, output: `${stdout}${stderr}` };
}

it.skipIf(!hasPromtool)(
  "promtool accepts the metrics without a complaint, whatever was counted (skipped without promtool: Debian package prometheus)",
  async () => {
    const metrics = createMetrics({
      runtime: "node",
      version: "1.2.3",
      processStats: () => ({
        cpuUserSeconds: 1.5,
        cpuSystemSeconds: 0.25,
        residentBytes: 1000,
        heapBytes: 500,
        openFds: 12,
        maxFds: 1024,
        startTimeSeconds: 1_700_000_000,
      }),
    });
    const paths = createPathLabels();
    const forward = metrics.forward('a "name"\\ with\nodd characters');
    for (const path of ["/v1/chat/completions", '/"\\', "/ü/\u0000", ""]) {
      const request = forward.request("BREW", paths.label(path));
      request.started();
      request.ended(0.2);
    }
    forward.error("client_closed", 499);
    forward.rateLimited();
    forward.notAccepted();
    forward.routed("chat");
    const member = metrics.member("chat", "one", "https://api.example/v1", () => "up");
    member.started();
    member.ended(700);
    member.firstByte(0.1);
    member.firstToken(0.3);
    member.failed("reset");
    member.retried("reset");
    member.breakerCall("rejected");
    member.breakerChanged("half_open", "closed");
    const text = await metrics.text();
    expect(check(text)).toEqual({ status: 0, output: "" });
    expect(check(`${text}# TYPE bad_total gauge\nbad_total 1\n`).status).not.toBe(0);
  },
);
