/** Configurations of every size: how long a check takes, which does all that a start does but listen. */

import { writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Lab } from "../lab.ts";
import { median } from "../measure.ts";
import { OWN } from "../programs.ts";
import { output } from "../run.ts";
import type { Point } from "./panels.ts";
import type { Sizes } from "./sizes.ts";

export async function measureConfigs(
  lab: Lab,
  { configs, checks }: Sizes,
  say: (line: string) => void,
): Promise<readonly Point[]> {
  const points: Point[] = [];
  for (const upstreams of configs) {
    const file = join(lab.folder, `config-${upstreams}.yaml`);
    writeFileSync(file, configOf(upstreams));
    const times = OWN.map((): number[] => []);
    for (let i = 0; i < checks; i += 1) {
      for (const [at, { bare }] of OWN.entries()) {
        const began = performance.now();
        await output([...bare, "-t", "-c", file]);
        times[at]?.push(performance.now() - began);
      }
    }
    for (const [at, { name }] of OWN.entries()) {
      points.push({ panel: "check", line: name, x: upstreams, y: median(times[at] ?? []) });
    }
    say(`a config of ${upstreams} upstreams`);
  }
  return points;
}

/** All in one group. */
function configOf(upstreams: number): string {
  const names = Array.from({ length: upstreams }, (_, i) => `upstream-${i}`);
  const upstream = (name: string, i: number): string => `
  - name: ${name}
    url: http://127.0.0.1:${1 + i}
    auth: {type: bearer, token: secret}
    breaker: {threshold: 0.5}`;
  return `http_server:
  forwards: [{name: all, port: 1, address: 127.0.0.1, upstream_group: all}]
upstreams:${names.map(upstream).join("")}
upstream_groups:
  - name: all
    upstreams: [${names.map((name) => `{name: ${name}}`).join(", ")}]
`;
}
