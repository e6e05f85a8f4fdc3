import { describe, expect, it } from "vitest";
import { findShadowed } from "../../src/config/route-advice.ts";
import { parseRoutePath } from "../../src/config/routes.ts";
import { createRouter } from "../../src/routing/router.ts";

describe("a route's path", () => {
  it.each([
    ["/", ["static"]],
    ["/v1/models", ["static", "static"]],
    ["/v1/", ["static", "static"]],
    ["/v1/models/gemini:generateContent", ["static", "static", "static"]],
    ["/v1/:id", ["static", "parameter"]],
    ["/v1/{id:[0-9]+}/x", ["static", "regex", "static"]],
    ["/v1/{id:[^/]+}/x", ["static", "regex", "static"]],
    ["/{id:[A-Z]{3}}/{b:a{1,2}}", ["regex", "regex"]],
    ["/{id:[}]\\}}", ["regex"]],
    ["/v1/*/x", ["static", "any", "static"]],
    ["/v1/*", ["static", "rest"]],
    ["/*", ["rest"]],
    ["/*/*", ["any", "rest"]],
  ])("can be %s", (path, types) => {
    const parsed = parseRoutePath(path);
    expect("segments" in parsed ? parsed.segments.map(({ type }) => type) : parsed).toEqual(types);
  });

  it.each([
    ["", 'found "", expected a path that begins with /'],
    ["v1", 'found "v1", expected a path that begins with /'],
    ["/a//b", "found an empty segment (//), expected segments with one / between them"],
    ["/a*", 'found "a*", expected * and {name:regex} as whole segments'],
    ["/**", 'found "**", expected * and {name:regex} as whole segments'],
    ["/x{id:a}", 'found "x{id:a}", expected * and {name:regex} as whole segments'],
    ["/{id:a}.json", 'found "{id:a}.json", expected * and {name:regex} as whole segments'],
    ["/{id}", 'found "{id}", expected {name:regex}; a name without a regex is written /:name'],
    ["/{id:}", 'found "{id:}", expected {name:regex}; a name without a regex is written /:name'],
    ["/{id:(}", 'found "(", expected a regular expression'],
    ["/{id:[0-9]", "found { without }, expected /{name:regex}"],
    ["/:", 'found ":", expected a name of letters, digits, - and _ after the colon'],
    ["/:a.b", 'found ":a.b", expected a name of letters, digits, - and _ after the colon'],
    ["/a?b=c", 'found "a?b=c", expected a path without ?, # and spaces'],
  ])("can't be %j", (path, problem) => {
    expect(parseRoutePath(path)).toEqual({ problem });
  });

  it("is understood by the router whenever it is accepted", () => {
    for (const path of ["/", "/v1/", "/{id:[^/]+}/x", "/{id:[A-Z]{3}}/{b:a{1,2}}", "/*/*", "/a:b"]) {
      expect(() => createRouter([{ path, group: "g" }], "g")).not.toThrow();
    }
  });
});

describe("a route that another one always takes", () => {
  it.each([
    [["/:a", "/:b"], [[1, "/:a"]]],
    [["/*/x", "/:a/*"], [[0, "/:a/*"]]],
    [["/{a:.*}", "/:b"], [[1, "/{a:.*}"]]],
    [["/{a:x+}/y", "/{b:x+}/y"], [[1, "/{a:x+}/y"]]],
    [["/v1/*/x", "/v1/:a/x"], [[0, "/v1/:a/x"]]],
  ])("is found in %j", (paths, expected) => {
    expect(findShadowed(paths).map(({ index, by }) => [index, by])).toEqual(expected);
  });

  it.each([
    [["/a", "/:b"]],
    [["/*", "/a/*", "/a/:b", "/a/b"]],
    [["/:a/x", "/:a/*"]],
    [["/{a:x+}", "/{b:y+}", "/:c"]],
    [["/a/:b", "/a/*"]],
    [["/:a", "/*"]],
  ])("is not seen in %j", (paths) => {
    expect(findShadowed(paths)).toEqual([]);
  });

  it("is found quickly among thousands", () => {
    const paths = Array.from({ length: 5000 }, (_, i) => `/r${i}/:id/*`);
    expect(findShadowed([...paths, "/r7/*/x"]).map(({ by }) => by)).toEqual(["/r7/:id/*"]);
  });
});
