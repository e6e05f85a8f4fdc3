/** Reading a plain value of which nothing is certain yet: errors elsewhere in the file must not hide others. */

import type { Path } from "./node.ts";

export type Plain = Readonly<Record<string, unknown>>;

const NOTHING: Plain = {};

/** A key's value as a map; empty when it is none. */
export function mapIn(value: unknown, key: string): Plain {
  const inner = asMap(value)[key];
  return asMap(inner);
}

export function asMap(value: unknown): Plain {
  const isMap = typeof value === "object" && value !== null && !Array.isArray(value);
  return isMap ? (value as Plain) : NOTHING;
}

/** A key's value as a list; empty when it is none. */
export function listIn(value: unknown, key: string): readonly unknown[] {
  const inner = asMap(value)[key];
  return Array.isArray(inner) ? inner : [];
}

/** A key's value if it is a string. */
export function textIn(value: unknown, key: string): string | undefined {
  const inner = asMap(value)[key];
  return typeof inner === "string" ? inner : undefined;
}

export interface Located {
  readonly value: unknown;
  readonly path: Path;
}

export function forwardsOf(config: unknown): readonly Located[] {
  return listIn(mapIn(config, "http_server"), "forwards").map((value, i) => ({
    value,
    path: ["http_server", "forwards", i],
  }));
}

/** The admin port, if there is one. */
export function adminOf(config: unknown): readonly Located[] {
  const value = mapIn(config, "http_server")["admin"];
  return value === undefined ? [] : [{ value, path: ["http_server", "admin"] }];
}

export function upstreamsOf(config: unknown): readonly Located[] {
  return listIn(config, "upstreams").map((value, i) => ({ value, path: ["upstreams", i] }));
}

export function groupsOf(config: unknown): readonly Located[] {
  return listIn(config, "upstream_groups").map((value, i) => ({ value, path: ["upstream_groups", i] }));
}

export function membersOf({ value, path }: Located): readonly Located[] {
  return listIn(value, "upstreams").map((member, i) => ({ value: member, path: [...path, "upstreams", i] }));
}

export function routesOf({ value, path }: Located): readonly Located[] {
  return listIn(value, "routing").map((route, i) => ({ value: route, path: [...path, "routing", i] }));
}
