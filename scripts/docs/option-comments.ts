/** What config.default.yaml says of each option, in the comment above it. */

import type { Node } from "../../src/config/node.ts";
import { readYaml } from "../../src/config/yaml.ts";

/** The file with the options in it that it leaves out: `#key: value`. */
export function withLeftOut(text: string): string {
  return text.replace(/^( *)#(?=[a-z])/gm, "$1");
}

/**
 * The comment above each option's first place, as one line; empty where there is none.
 *
 * @param text of config.default.yaml
 * @returns by path: `upstreams[].auth.token`
 * @throws Error when it is no YAML
 */
export function optionComments(text: string): ReadonlyMap<string, string> {
  const complete = withLeftOut(text);
  const { root } = readYaml(complete, "config.default.yaml");
  if (root === undefined) throw new Error("config.default.yaml: found no map, expected a configuration");
  const places = placesIn(root, "", new Map());
  return new Map([...places].map(([path, at]) => [path, commentAbove(complete, at)]));
}

function placesIn(node: Node, path: string, places: Map<string, number>): ReadonlyMap<string, number> {
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

function commentAbove(text: string, at: number): string {
  const lines = text.slice(0, at).split("\n").slice(0, -1).reverse();
  const end = lines.findIndex((line) => !line.trim().startsWith("#"));
  return lines
    .slice(0, end)
    .reverse()
    .map((line) => line.trim().slice(1).trim())
    .join(" ");
}
