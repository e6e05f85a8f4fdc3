/** The comments of config.default.yaml, by the options that they stand above. */

import type { Node } from "../src/config/node.ts";
import { readYaml } from "../src/config/yaml.ts";

/** What config.default.yaml says of its options. Paths are like `upstreams[].auth.token`. */
export interface ConfigComments {
  /** The file's text with the options in it that it leaves out. */
  readonly complete: string;
  /** Where in {@link complete} an option is set first; undefined where it isn't. */
  placeOf(path: string): number | undefined;
  /** The comment right above that place, on one line; "" where there is none. */
  commentOf(path: string): string;
}

/** @param text of config.default.yaml, where an option that is left out is a line like `#key: value` */
export function readConfigComments(text: string): ConfigComments {
  const complete = text.replace(/^( *)#(?=[a-z])/gm, "$1");
  const { root } = readYaml(complete, "config.default.yaml");
  const places = root === undefined ? new Map<string, number>() : placesIn(root);
  return {
    complete,
    placeOf: (path) => places.get(path),
    commentOf(path) {
      const at = places.get(path);
      return at === undefined ? "" : commentAbove(complete, at);
    },
  };
}

function placesIn(node: Node, path = "", places = new Map<string, number>()): ReadonlyMap<string, number> {
  if (node.kind === "seq") for (const item of node.items) placesIn(item, `${path}[]`, places);
  if (node.kind === "map") {
    for (const [key, { keyAt, value }] of node.entries) {
      const own = path === "" ? key : `${path}.${key}`;
      if (!places.has(own)) places.set(own, keyAt);
      placesIn(value, own, places);
    }
  }
  return places;
}

/** The comment lines right above an offset, where it is on the first of its line's keys. */
function commentAbove(text: string, at: number): string {
  const lines = text.slice(0, at).split("\n");
  const before = lines.pop() ?? "";
  // A second key on one line has no comment of its own.
  if (!/^[\s-]*$/.test(before)) return "";
  lines.reverse();
  const end = lines.findIndex((line) => !line.trim().startsWith("#"));
  return lines
    .slice(0, end < 0 ? lines.length : end)
    .reverse()
    .map((line) => line.trim().slice(1).trim())
    .join(" ");
}
