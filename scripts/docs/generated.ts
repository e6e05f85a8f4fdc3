/** The documents that have generated parts, as they should be. */

import { toJsonSchema } from "@valibot/to-json-schema";
import { configSchema } from "../../src/config/schema.ts";
import { readConfigComments } from "../config-comments.ts";
import { configTables, type JsonSchema } from "./config-table.ts";

/**
 * @param read gives a file's text by its path in the project
 * @returns the whole text of each document, by its path in the project
 */
export function generatedDocs(read: (file: string) => string): ReadonlyMap<string, string> {
  const tables = configTables(configJsonSchema(), readConfigComments(read("config.default.yaml")).commentOf);
  const file = "docs/configuration.md";
  return new Map([[file, replaceBetween(read(file), "options", tables)]]);
}

/** What a file may say, before its references are replaced. */
export function configJsonSchema(): JsonSchema {
  // What JSON Schema has no words for (one key against another) is left out.
  return toJsonSchema(configSchema, { typeMode: "input", errorMode: "ignore" }) as JsonSchema;
}

/** Puts `text` between the two comments that mark a generated part. */
function replaceBetween(document: string, name: string, text: string): string {
  const [begin, end] = [`<!-- ${name}: written by npm run docs -->`, `<!-- end of ${name} -->`];
  const [from, to] = [document.indexOf(begin), document.indexOf(end)];
  if (from < 0 || to < from) throw new Error(`expected "${begin}" and, behind it, "${end}"`);
  return `${document.slice(0, from + begin.length)}\n\n${text}\n\n${document.slice(to)}`;
}
