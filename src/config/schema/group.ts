/** `upstream_groups[]`. */

import * as v from "valibot";
import { STRATEGIES } from "../config.ts";
import { atLeastOne } from "./blocks.ts";
import { mark } from "./marks.ts";
import { WEIGHT } from "./upstream.ts";
import { boolean, fieldValue, integer, milliseconds, name, oneOf, proxyUrl, seconds } from "./values.ts";

const timeout = v.strictObject({
  connect: v.optional(seconds(1, 120), 10),
  request: v.optional(seconds(1, 1200), 300),
  first_token: v.optional(seconds(0.1, 1200)),
  stall: v.optional(seconds(1, 1200), 300),
  total: v.optional(seconds(1, 3600), 600),
  idle: v.optional(seconds(1, 1800), 60),
});

const retry = v.pipe(
  v.strictObject({
    enabled: v.optional(boolean(), true),
    attempts: v.optional(integer(1, 100), 3),
    initial: v.optional(milliseconds(100, 10_000), 500),
  }),
  mark({ switchable: true }),
  v.transform(({ attempts, initial }) => ({ attempts, initial })),
);

const proxy = v.pipe(
  v.strictObject({ enabled: v.optional(boolean(), true), url: proxyUrl() }),
  mark({ switchable: true }),
);

const httpClient = v.pipe(
  v.strictObject({
    agent: v.optional(fieldValue(), "LLMProxy/1.0"),
    keepalive: v.optional(seconds(0, 600), 60),
    stream_mode: v.optional(boolean()),
    redirects: v.optional(oneOf(["pass", "follow"]), "pass"),
    stream: v.optional(v.pipe(boolean(), mark({ aliasOf: "stream_mode" }))),
    timeout: v.optional(timeout, {}),
    retry: v.optional(retry),
    proxy: v.optional(proxy),
  }),
  v.transform(({ keepalive, stream_mode, stream, ...rest }) => ({
    ...rest,
    keepAlive: keepalive,
    streamMode: stream_mode ?? stream ?? true,
  })),
);

export const group = v.strictObject({
  name: name(),
  upstreams: atLeastOne(v.strictObject({ name: name(), weight: v.optional(WEIGHT) })),
  balance: v.optional(v.strictObject({ strategy: v.optional(oneOf(STRATEGIES), "roundrobin") }), {}),
  http_client: v.optional(httpClient, {}),
});
