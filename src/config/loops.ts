/** Upstreams that are this file's own forwards, so that a request for them comes back to where it was. */

import { isLoopback } from "../base/ip-address.ts";
import { parseHost } from "./address.ts";
import { formatPath, type Path } from "./node.ts";
import {
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
import { parseHttpUrl } from "./url.ts";

/** A way from one forward to another one, or to itself, through an upstream. */
interface Step {
  readonly from: number;
  readonly to: number;
  readonly upstream: Located;
}

/** Warns of every upstream by which a forward can come back to itself. Names are not looked up, save localhost. */
export function adviseOnLoops(config: unknown, warn: (path: Path, message: string) => void): void {
  const forwards = forwardsOf(config);
  const steps = stepsOf(config, forwards);
  const reachable = createReachable(steps);
  for (const { from, to, upstream } of steps) {
    if (!reachable(to).has(from)) continue;
    const own = formatPath(forwards[to]?.path ?? []);
    const message = `leads to ${own} of this file: requests come back and are answered with 508`;
    warn([...upstream.path, "url"], message);
  }
}

function stepsOf(config: unknown, forwards: readonly Located[]): readonly Step[] {
  const listener = createListeners(forwards);
  const upstreams = new Map(
    upstreamsOf(config).flatMap((upstream) => {
      const url = parseHttpUrl(textIn(upstream.value, "url") ?? "");
      const to = url && listener(url);
      return to === undefined ? [] : [[textIn(upstream.value, "name"), { upstream, to }] as const];
    }),
  );
  // Most files have none, and some have many forwards.
  if (upstreams.size === 0) return [];
  const groups = new Map(groupsOf(config).map((group) => [textIn(group.value, "name"), membersOf(group)]));
  return forwards.flatMap((forward, from) => {
    const names = [
      textIn(forward.value, "upstream_group"),
      textIn(forward.value, "default_group"),
      ...routesOf(forward).map(({ value }) => textIn(value, "target_group")),
    ];
    const members = [...new Set(names)].flatMap((name) => groups.get(name) ?? []);
    return members.flatMap(({ value }) => {
      const own = upstreams.get(textIn(value, "name"));
      return own === undefined ? [] : [{ from, ...own }];
    });
  });
}

/** Where one can come to from a forward, that one included. */
function createReachable(steps: readonly Step[]): (from: number) => ReadonlySet<number> {
  const next = new Map<number, Set<number>>();
  for (const { from, to } of steps) next.set(from, (next.get(from) ?? new Set()).add(to));
  const known = new Map<number, ReadonlySet<number>>();
  return (from) => {
    const reached = known.get(from) ?? new Set([from]);
    if (!known.has(from)) {
      // A set that grows while it is gone through.
      for (const at of reached) for (const to of next.get(at) ?? []) (reached as Set<number>).add(to);
      known.set(from, reached);
    }
    return reached;
  };
}

/** Finds the first forward that listens where a URL leads. */
function createListeners(forwards: readonly Located[]): (url: URL) => number | undefined {
  const byAddress = new Map<string, number>();
  const note = (key: string, index: number): void => {
    if (!byAddress.has(key)) byAddress.set(key, index);
  };
  for (const [index, { value }] of forwards.entries()) {
    const port = asMap(value)["port"] ?? LISTEN_DEFAULTS.forward;
    if (port === 0) continue;
    const { text, isLocal, isAny } = hostOf(textIn(value, "address") ?? LISTEN_DEFAULTS.address);
    note(`${port} ${text}`, index);
    if (isLocal) note(`${port} local`, index);
    if (isLocal && isAny) note(`${port} any`, index);
  }
  return (url) => {
    const port = portOf(url);
    const { text, isLocal, isAny } = hostOf(url.hostname.replace(/^\[|\]$/g, ""));
    // Two addresses of the loopback network are two places.
    const own = isLocal ? byAddress.get(`${port} ${isAny ? "local" : "any"}`) : undefined;
    return byAddress.get(`${port} ${text}`) ?? own;
  };
}

function portOf({ port, protocol }: URL): number {
  if (port !== "") return Number(port);
  return protocol === "https:" ? 443 : 80;
}

interface Host {
  /** One text for each address, however it is written. */
  readonly text: string;
  /** Whether it is this machine, however one gets there. */
  readonly isLocal: boolean;
  /** Whether it stands for several addresses of this machine. */
  readonly isAny: boolean;
}

function hostOf(host: string): Host {
  const { text, address, isWildcard } = parseHost(host);
  if (address === undefined) {
    const isLocal = text === "localhost" || text.endsWith(".localhost");
    return { text, isLocal, isAny: isLocal };
  }
  return { text, isLocal: isWildcard || isLoopback(address), isAny: isWildcard };
}
