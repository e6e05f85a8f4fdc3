/**
 * The schema of the YAML: the one place that knows its names (snake_case), its units (seconds) and its ranges. What
 * it makes of a file is nearly the {@link Config}; `assemble.ts` puts in what is known only when all is read.
 */

import * as v from "valibot";
import { atLeastOne } from "./schema/blocks.ts";
import { group } from "./schema/group.ts";
import { mark } from "./schema/marks.ts";
import { httpServer } from "./schema/server.ts";
import { upstream } from "./schema/upstream.ts";
import { size } from "./schema/values.ts";

export const configSchema = v.pipe(
  v.strictObject({
    http_server: httpServer,
    upstreams: atLeastOne(upstream),
    upstream_groups: atLeastOne(group),
    buffer_limit: v.optional(size(0), "512MiB"),
  }),
  // Anchors live there.
  mark({ freePrefix: "x-" }),
);

/** A file that the schema has accepted, with paths for PEM texts. */
export type Draft = v.InferOutput<typeof configSchema>;
