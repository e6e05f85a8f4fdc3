/** `upstreams[]`. */

import * as v from "valibot";
import { list, rateLimit, requireByKind } from "./blocks.ts";
import { mark, saying, type Variants } from "./marks.ts";
import {
  fieldName,
  file,
  fraction,
  integer,
  name,
  oneOf,
  password,
  seconds,
  secretFieldValue,
  upstreamUrl,
  urlPath,
  username,
} from "./values.ts";

const AUTH: Variants = {
  key: "type",
  fallback: "none",
  needs: { bearer: ["token"], basic: ["username", "password"], none: [] },
};

const auth = v.pipe(
  v.strictObject({
    type: v.optional(oneOf(["bearer", "basic", "none"]), "none"),
    token: v.optional(secretFieldValue()),
    username: v.optional(username()),
    password: v.optional(password()),
  }),
  mark({ variants: AUTH }),
  requireByKind(AUTH),
);

const HEADER: Variants = { key: "op", needs: { insert: ["value"], replace: ["value"], remove: [] } };

/** What each connection's own client writes (RFC 9110 §7.6.1, §8.6): a rule that sets it would break the request. */
const CONNECTIONS_OWN: ReadonlySet<string> = new Set([
  "connection",
  "content-length",
  "expect",
  "keep-alive",
  "proxy-connection",
  "te",
  "trailer",
  "transfer-encoding",
  "upgrade",
]);

const header = v.pipe(
  v.strictObject({
    op: oneOf(["insert", "replace", "remove"]),
    key: fieldName(),
    value: v.optional(secretFieldValue()),
  }),
  mark({ variants: HEADER }),
  requireByKind(HEADER),
  v.rawCheck(({ dataset, addIssue }) => {
    if (!dataset.typed || dataset.value.op === "remove" || !CONNECTIONS_OWN.has(dataset.value.key)) return;
    const { key } = dataset.value;
    addIssue({
      message: saying(`found "${key}", expected a header that does not belong to the connection itself`),
      path: [{ type: "object", origin: "value", input: dataset.value, key: "key", value: key }],
    });
  }),
);

const breaker = v.strictObject({
  threshold: v.optional(fraction(0.01, 1), 0.5),
  cooldown: v.optional(seconds(1, 3600), 30),
});

const healthCheck = v.strictObject({
  path: urlPath(),
  interval: v.optional(seconds(1, 3600), 10),
  timeout: v.optional(seconds(1, 60), 2),
  healthy: v.optional(integer(1, 10), 2),
  unhealthy: v.optional(integer(1, 10), 3),
});

export const WEIGHT = integer(1, 65_535);

export const upstream = v.pipe(
  v.strictObject({
    name: name(),
    url: upstreamUrl(),
    path: v.optional(oneOf(["join", "fixed"]), "join"),
    weight: v.optional(WEIGHT, 1),
    auth: v.optional(auth, {}),
    headers: v.optional(list(header), []),
    breaker: v.optional(breaker),
    ratelimit: v.optional(rateLimit((perSecond) => perSecond)),
    max_in_flight: v.optional(integer(1, 100_000)),
    health_check: v.optional(healthCheck),
    tls: v.optional(v.strictObject({ ca: v.optional(file()) }), {}),
    http_client: v.optional(
      v.pipe(v.unknown(), mark({ unused: "the client is set per group, in upstream_groups[].http_client" })),
    ),
  }),
  v.transform(({ max_in_flight, health_check, ...rest }) => ({
    ...rest,
    maxInFlight: max_in_flight,
    healthCheck: health_check,
  })),
);
