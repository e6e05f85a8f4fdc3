/** `http_server`: forwards and the admin port. */

import * as v from "valibot";
import { routePathProblem } from "../routes.ts";
import { atLeastOne, list, rateLimit, requireOneOf } from "./blocks.ts";
import { cors } from "./cors.ts";
import { mark, saying } from "./marks.ts";
import {
  address,
  file,
  integer,
  ipOrRange,
  name,
  seconds,
  secretFieldValue,
  size,
  urlPath,
} from "./values.ts";

/** Where listeners listen that don't say. */
export const LISTEN_DEFAULTS = { address: "0.0.0.0", forward: 3000, admin: 9000 } as const;

const port = integer(0, 65_535);

const tls = v.strictObject({ cert: file(), key: file() });

const route = v.pipe(
  v.strictObject({
    path: v.pipe(
      v.string(),
      v.rawCheck(({ dataset, addIssue }) => {
        const problem = dataset.typed ? routePathProblem(dataset.value) : undefined;
        if (problem !== undefined) addIssue({ message: saying(problem) });
      }),
      v.description("a path such as /v1/models, /:name, /{name:regex} or /v1/*"),
    ),
    target_group: name(),
    strip_prefix: v.optional(urlPath()),
  }),
  v.transform(({ path, target_group, strip_prefix }) => {
    // A prefix ends at a segment's end, with or without a slash behind it.
    const prefix = strip_prefix?.replace(/\/+$/, "") ?? "";
    return { path, group: target_group, ...(prefix !== "" && { stripPrefix: prefix }) };
  }),
);

const timeout = v.strictObject({
  connect: v.optional(seconds(1, 120), 10),
  body: v.optional(seconds(1, 3600), 60),
  write: v.optional(seconds(1, 3600), 300),
  idle: v.optional(seconds(1, 3600), 75),
});

/** Both names of the group that takes what no route takes. */
const GROUP = ["upstream_group", "default_group"] as const;

const forward = v.pipe(
  v.strictObject({
    name: name(),
    port: v.optional(port, LISTEN_DEFAULTS.forward),
    address: v.optional(address(), LISTEN_DEFAULTS.address),
    upstream_group: v.optional(name()),
    default_group: v.optional(v.pipe(name(), mark({ aliasOf: "upstream_group" }))),
    routing: v.optional(list(route), []),
    ratelimit: v.optional(rateLimit((perSecond) => 2 * perSecond)),
    timeout: v.optional(timeout, {}),
    tls: v.optional(tls),
    trusted_proxies: v.optional(list(ipOrRange()), []),
    max_body_size: v.optional(size(1), "64MiB"),
    cors: v.optional(cors),
  }),
  mark({ oneOf: GROUP }),
  requireOneOf(GROUP),
  v.transform(
    ({ upstream_group, default_group, routing, ratelimit, trusted_proxies, max_body_size, ...rest }) => ({
      ...rest,
      group: upstream_group ?? default_group ?? "",
      routing,
      ratelimit,
      trustedProxies: trusted_proxies,
      maxBodySize: max_body_size,
    }),
  ),
);

const admin = v.strictObject({
  port: v.optional(port, LISTEN_DEFAULTS.admin),
  address: v.optional(address(), LISTEN_DEFAULTS.address),
  timeout: v.optional(v.strictObject({ connect: v.optional(seconds(1, 120), 10) }), {}),
  tls: v.optional(tls),
  auth: v.optional(v.strictObject({ token: v.optional(secretFieldValue()) }), {}),
});

export const httpServer = v.strictObject({ forwards: atLeastOne(forward), admin: v.optional(admin) });
