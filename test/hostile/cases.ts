/** All cases, by subject. */

import type { Section } from "./case.ts";
import { chunks } from "./cases/chunks.ts";
import { connections, values } from "./cases/connections.ts";
import { framing } from "./cases/framing.ts";
import { heads } from "./cases/heads.ts";
import { sizes } from "./cases/sizes.ts";
import { targetsAndHosts } from "./cases/targets.ts";

export const SECTIONS: readonly Section[] = [
  framing,
  chunks,
  heads,
  targetsAndHosts,
  connections,
  values,
  sizes,
];
