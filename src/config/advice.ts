/** What is allowed and yet may not be what was meant: warnings. */

import { endpointNameAtEnd } from "../llm/endpoints.ts";
import { adviseOnLoops } from "./loops.ts";
import type { Path } from "./node.ts";
import { asMap, forwardsOf, groupsOf, membersOf, routesOf, textIn, upstreamsOf } from "./plain.ts";
import { findShadowed } from "./route-advice.ts";
import { parseHttpUrl } from "./url.ts";

type Warn = (path: Path, message: string) => void;

export function advise(config: unknown, warn: Warn): void {
  adviseOnRoutes(config, warn);
  adviseOnLoops(config, warn);
  adviseOnBases(config, adviseOnUrls(config, warn), warn);
}

function adviseOnRoutes(config: unknown, warn: Warn): void {
  for (const forward of forwardsOf(config)) {
    const routes = routesOf(forward);
    const paths = routes.map(({ value }) => textIn(value, "path"));
    for (const { index, by } of findShadowed(paths)) {
      warn(
        [...forward.path, "routing", index, "path"],
        `never used: ${JSON.stringify(by)} takes all its requests`,
      );
    }
  }
}

/** Returns the base path of each upstream that requests are joined to, by name. */
function adviseOnUrls(config: unknown, warn: Warn): ReadonlyMap<string, string> {
  const bases = new Map<string, string>();
  for (const { value, path } of upstreamsOf(config)) {
    const [name, url] = [textIn(value, "name"), parseHttpUrl(textIn(value, "url") ?? "")];
    if (name === undefined || url === undefined || textIn(value, "path") === "fixed") continue;
    const base = url.pathname.replace(/\/+$/, "");
    bases.set(name, base);
    const endpoint = endpointNameAtEnd(base);
    if (endpoint === undefined) continue;
    const message =
      `the URL ends in an endpoint (${endpoint}): requests for others are joined to it; ` +
      "expected a base URL, or path: fixed to send every request exactly there";
    warn([...path, "url"], message);
  }
  return bases;
}

function adviseOnBases(config: unknown, bases: ReadonlyMap<string, string>, warn: Warn): void {
  for (const group of groupsOf(config)) {
    let first: { readonly name: string; readonly base: string } | undefined;
    for (const member of membersOf(group)) {
      const name = textIn(member.value, "name");
      const base = name === undefined ? undefined : bases.get(name);
      if (name === undefined || base === undefined) continue;
      first ??= { name, base };
      if (base === first.base) continue;
      const message = `its base path "${base}/" differs from "${first.base}/" of "${first.name}": requests of this group go to different paths`;
      warn([...member.path, "name"], message);
      break;
    }
  }
}

/**
 * Whether a file is of the original's older kind, in which a block was off unless it said `enabled: true`. The key by
 * which a forward names its group tells: it was renamed to `default_group` when presence had come to mean on.
 */
export function isOlderKind(config: unknown): boolean {
  const forwards = forwardsOf(config).map(({ value }) => asMap(value));
  const uses = (key: string): boolean => forwards.some((forward) => forward[key] !== undefined);
  return uses("upstream_group") && !uses("default_group");
}
