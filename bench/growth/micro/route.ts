/** Finding a request's route. */

import { createRouter, routingPath } from "../../../src/routing/router.ts";
import { microsOf } from "./timing.ts";

const ANSWER = new Response();

/** Microseconds a path, among so many routes of every kind. */
export function measureRoute(routes: number, ms: number): number {
  const kinds = ["/v1/*", "/models/:name", "/v1/chat/completions"];
  const router = createRouter(
    Array.from({ length: routes }, (_, i) => ({ path: `/team-${i}${kinds[i % 3]}`, group: `group-${i}` })),
    "others",
  );
  const paths = ["/v1/embeddings", "/models/m", "/v1/chat/completions"];
  const asked = Array.from({ length: 64 }, (_, i) => {
    const team = Math.floor((i * routes) / 64);
    return `/team-${team}${paths[team % 3]}`;
  });
  const request = new Request("http://127.0.0.1/");
  let matched = 0;
  const route = ({ pattern }: { readonly pattern?: string }): Response => {
    if (pattern === undefined) throw new Error("a path that has a route was not matched");
    matched += 1;
    return ANSWER;
  };
  return microsOf((times) => {
    for (let i = 0; i < times; i += 1) {
      void router.fetch(request, { routingPath: routingPath(asked[i & 63] ?? ""), route });
    }
    return matched;
  }, ms);
}
