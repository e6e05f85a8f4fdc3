/** What one part of a file says of another: names that are unique, names that point somewhere, ports that are free. */

import { isIpv4 } from "../base/ip-address.ts";
import { parseHost } from "./address.ts";
import { didYouMean, type Nearest } from "./nearest.ts";
import { formatPath, type Path } from "./node.ts";
import {
  adminOf,
  asMap,
  forwardsOf,
  groupsOf,
  type Located,
  membersOf,
  routesOf,
  textIn,
  upstreamsOf,
} from "./plain.ts";
import { LISTEN_DEFAULTS } from "./schema/server.ts";

export interface NameDeps {
  readonly nearest: Nearest;
  readonly error: (path: Path, message: string) => void;
}

export function checkNames(config: unknown, { nearest, error }: NameDeps): void {
  const forwards = forwardsOf(config);
  const upstreams = upstreamsOf(config);
  const groups = groupsOf(config);
  unique(forwards, "name");
  const upstreamNames = unique(upstreams, "name");
  const groupNames = unique(groups, "name");

  for (const group of groups) {
    const members = membersOf(group);
    unique(members, "name");
    for (const member of members) known(member, "name", upstreamNames, "upstream");
  }
  for (const forward of forwards) {
    known(forward, "upstream_group", groupNames, "upstream group");
    known(forward, "default_group", groupNames, "upstream group");
    const routes = routesOf(forward);
    unique(routes, "path");
    for (const route of routes) known(route, "target_group", groupNames, "upstream group");
  }
  checkListeners([...forwards, ...adminOf(config)], error);

  /** Reports every repetition; returns the values. */
  function unique(items: readonly Located[], key: string): ReadonlySet<string> {
    const first = new Map<string, Path>();
    for (const { value, path } of items) {
      const text = textIn(value, key);
      if (text === undefined) continue;
      const other = first.get(text);
      if (other === undefined) first.set(text, path);
      else
        error(
          [...path, key],
          `found ${JSON.stringify(text)} a second time (first: ${formatPath(other)}), expected it once`,
        );
    }
    return new Set(first.keys());
  }

  function known({ value, path }: Located, key: string, names: ReadonlySet<string>, what: string): void {
    const name = textIn(value, key);
    if (name === undefined || names.has(name)) return;
    const hint = didYouMean(nearest(name, names));
    error([...path, key], `found ${JSON.stringify(name)}, expected the name of an ${what}${hint}`);
  }
}

/** Two listeners on one address and port; a wildcard address takes every address of its family. */
function checkListeners(listeners: readonly Located[], error: NameDeps["error"]): void {
  const taken = new Map<string, Path>();
  const take = (key: string, path: Path): void => {
    if (!taken.has(key)) taken.set(key, path);
  };
  for (const { value, path } of listeners) {
    const port =
      asMap(value)["port"] ?? (path.length === 3 ? LISTEN_DEFAULTS.forward : LISTEN_DEFAULTS.admin);
    if (typeof port !== "number" || port === 0) continue;
    const { address, family, isWildcard } = normalize(textIn(value, "address") ?? LISTEN_DEFAULTS.address);
    const other =
      taken.get(`${port} ${address}`) ??
      taken.get(isWildcard ? `${port} some ${family}` : `${port} all ${family}`);
    if (other !== undefined)
      error([...path, "port"], `found port ${port}, on which ${formatPath(other)} listens already`);
    take(`${port} ${address}`, path);
    take(`${port} some ${family}`, path);
    if (isWildcard) take(`${port} all ${family}`, path);
  }
}

interface ListenAddress {
  /** One text for each address, however it is written. */
  readonly address: string;
  /** IPv4, IPv6, or a host name: those are a family of their own. */
  readonly family: string;
  /** `0.0.0.0` or `::`. */
  readonly isWildcard: boolean;
}

function normalize(host: string): ListenAddress {
  const { text, address, isWildcard } = parseHost(host);
  const family = address === undefined ? "name" : isIpv4(address) ? "IPv4" : "IPv6";
  return { address: text, family, isWildcard };
}
