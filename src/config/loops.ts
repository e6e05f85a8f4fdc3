/** Upstreams that are this file's own forwards, so that a request for them comes back to where it was. */

import { formatAddress, isIpv4, parseAddress } from "../ip-address.ts";
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
  for (const { from, to, upstream } of steps) {
    if (!reaches(steps, to, from)) continue;
    const own = formatPath(forwards[to]?.path ?? []);
    const message = `leads to ${own} of this file: requests come back and are answered with 508`;
    warn([...upstream.path, "url"], message);
  }
}

function stepsOf(config: unknown, forwards: readonly Located[]): readonly Step[] {
  const groups = new Map(groupsOf(config).map((group) => [textIn(group.value, "name"), group]));
  const upstreams = new Map(
    upstreamsOf(config).map((upstream) => [textIn(upstream.value, "name"), upstream]),
  );
  return forwards.flatMap((forward, from) => {
    const names = [
      textIn(forward.value, "upstream_group"),
      textIn(forward.value, "default_group"),
      ...routesOf(forward).map(({ value }) => textIn(value, "target_group")),
    ];
    const members = [...new Set(names)].flatMap((name) => {
      const group = groups.get(name);
      return group === undefined ? [] : membersOf(group);
    });
    return members.flatMap(({ value }) => {
      const upstream = upstreams.get(textIn(value, "name"));
      const url = parseHttpUrl(textIn(upstream?.value, "url") ?? "");
      if (upstream === undefined || url === undefined) return [];
      const to = forwards.findIndex((other) => listensAt(other, url));
      return to < 0 ? [] : [{ from, to, upstream }];
    });
  });
}

function reaches(steps: readonly Step[], from: number, to: number): boolean {
  const seen = new Set<number>();
  const visit = (at: number): boolean => {
    if (at === to) return true;
    if (seen.has(at)) return false;
    seen.add(at);
    return steps.some((step) => step.from === at && visit(step.to));
  };
  return visit(from);
}

function listensAt({ value }: Located, url: URL): boolean {
  const port = asMap(value)["port"] ?? LISTEN_DEFAULTS.forward;
  if (port === 0 || port !== portOf(url)) return false;
  const listener = hostOf(textIn(value, "address") ?? LISTEN_DEFAULTS.address);
  const host = hostOf(url.hostname.replace(/^\[|\]$/g, ""));
  if (listener.text === host.text) return true;
  // Two addresses of the loopback network are two places.
  return listener.isLocal && host.isLocal && (listener.isAny || host.isAny);
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
  const address = parseAddress(host);
  if (address === undefined) {
    const name = host.toLowerCase();
    const isLocal = name === "localhost" || name.endsWith(".localhost");
    return { text: name, isLocal, isAny: isLocal };
  }
  const text = formatAddress(address);
  const isAny = text === "0.0.0.0" || text === "::";
  const isLoopback = text === "::1" || (isIpv4(address) && address[3] >>> 24 === 127);
  return { text, isLocal: isAny || isLoopback, isAny };
}
