import { describe, expect, it } from "vitest";
import { type JsonSchema, optionsOf } from "../../scripts/docs/config-table.ts";
import { configJsonSchema, generatedDocs } from "../../scripts/docs/generated.ts";
import { read } from "./documents.ts";

describe("docs/configuration.md", () => {
  it.each([...generatedDocs(read)])("%s is what `npm run docs` writes", (file, text) => {
    expect(read(file)).toBe(text);
  });

  it("has a row for every option that does something", () => {
    const paths = optionsOf(configJsonSchema(), "").map(({ path }) => path);
    expect(paths.length).toBeGreaterThan(70);
    const text = read("docs/configuration.md");
    const keys = new Set([...text.matchAll(/^\| `([^`]+)` \|/gm)].map(([, key]) => key));
    const isShown = (path: string) => [...keys].some((key) => path === key || path.endsWith(`.${key}`));
    const containers = [
      "http_server",
      "http_server.forwards",
      "http_server.admin",
      "upstreams",
      "upstream_groups",
    ];
    expect(paths.filter((path) => !containers.includes(path) && !isShown(path))).toEqual([]);
  });

  it("says of every strategy what it chooses", () => {
    const strategies = strategyNames(configJsonSchema());
    expect(strategies.length).toBeGreaterThan(5);
    const text = read("docs/configuration.md");
    expect(strategies.filter((name) => !text.includes(`\n| \`${name}\` | `))).toEqual([]);
  });
});

function strategyNames(schema: JsonSchema): readonly string[] {
  const option = optionsOf(schema, "").find(({ path }) => path === "upstream_groups[].balance.strategy");
  return (option?.schema.enum ?? []).map(String);
}
