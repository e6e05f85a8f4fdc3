import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createRouter, type RouteMatch, routingPath } from "../../src/routing/router.ts";

async function groupOf(
  paths: readonly string[],
  requested: string,
  method = "POST",
): Promise<string | undefined> {
  const router = createRouter(
    paths.map((path) => ({ path, group: path })),
    "fallback",
  );
  let match: RouteMatch | undefined;
  await router.fetch(new Request(`http://h${requested}`, { method }), {
    routingPath: routingPath(requested),
    route(matched) {
      match = matched;
      return new Response();
    },
  });
  return match?.group;
}

/** Routing by the definition, without a router. */
function described(paths: readonly string[], requested: string): string {
  const parts = requested.slice(1).split("/");
  const matches = (segments: readonly string[]): boolean => {
    const hasRest = segments.at(-1) === "*";
    const fixed = hasRest ? segments.slice(0, -1) : segments;
    if (hasRest ? parts.length < fixed.length : parts.length !== fixed.length) return false;
    return fixed.every((segment, i) => {
      const part = parts[i] ?? "";
      if (segment === "*" || segment.startsWith(":")) return part !== "";
      const [, source] = /^\{\w+:(.+)\}$/.exec(segment) ?? [];
      return source === undefined ? segment === part : new RegExp(`^(?:${source})$`).test(part);
    });
  };
  const rank = (segment: string, isLast: boolean): number =>
    segment === "*" ? (isLast ? 5 : 3) : segment.startsWith(":") ? 2 : segment.startsWith("{") ? 1 : 0;
  const taking = paths
    .map((path) => ({ path, segments: path.slice(1).split("/") }))
    .filter(({ segments }) => matches(segments))
    .map(({ path, segments }) => ({
      path,
      ranks: segments.map((segment, i) => rank(segment, i === segments.length - 1)),
    }));
  taking.sort((a, b) => {
    const first = a.ranks.findIndex((own, i) => own !== (b.ranks[i] ?? 4));
    return first < 0
      ? b.ranks.length > a.ranks.length
        ? 4 - (b.ranks[a.ranks.length] ?? 4)
        : 0
      : (a.ranks[first] ?? 4) - (b.ranks[first] ?? 4);
  });
  return taking[0]?.path ?? "fallback";
}

describe("routing", () => {
  it.each([
    ["/v1/models", "/v1/models"],
    ["/v1/models/", "/v1/*"],
    ["/v1/files/42", "/v1/files/{id:[0-9]+}"],
    ["/v1/files/abc", "/v1/files/:id"],
    ["/v1/files/a/content", "/v1/files/*/content"],
    ["/v1/other/deep/er", "/v1/*"],
    ["/v1", "/v1/*"],
    ["/v2/x", "fallback"],
    ["/", "fallback"],
  ])("takes %s to %s", async (path, expected) => {
    const routes = ["/v1/*", "/v1/files/:id", "/v1/files/*/content", "/v1/files/{id:[0-9]+}", "/v1/models"];
    expect(await groupOf(routes, path)).toBe(expected);
  });

  it("prefers what is more specific, segment by segment from the left, in whatever order it is written", async () => {
    const routes = ["/*", "/a/*", "/:x/b", "/a/b", "/*/b", "/{x:a|z}/b", "/a/:y"];
    expect(await groupOf(routes, "/a/b")).toBe("/a/b");
    expect(await groupOf(routes, "/a/c")).toBe("/a/:y");
    expect(await groupOf(routes, "/a/c/d")).toBe("/a/*");
    expect(await groupOf(routes, "/z/b")).toBe("/{x:a|z}/b");
    expect(await groupOf(routes, "/y/b")).toBe("/:x/b");
    expect(await groupOf(routes, "/y/c")).toBe("/*");
  });

  it("matches a regex against the whole of one segment", async () => {
    expect(await groupOf(["/{x:a|b}/c"], "/ab/c")).toBe("fallback");
    expect(await groupOf(["/{x:a|b}/c"], "/b/c")).toBe("/{x:a|b}/c");
    expect(await groupOf(["/{x:.+}/c"], "/a/b/c")).toBe("fallback");
    expect(await groupOf(["/{x:.+}/*"], "/a/b/c")).toBe("/{x:.+}/*");
    expect(await groupOf(["/{x:[0-9]{3}}"], "/123")).toBe("/{x:[0-9]{3}}");
    expect(await groupOf(["/{x:[0-9]{3}}"], "/1234")).toBe("fallback");
    expect(await groupOf(["/{x:[^/]{3}}/y"], "/abc/y")).toBe("/{x:[^/]{3}}/y");
    expect(await groupOf(["/{x:(a)(b)}"], "/ab")).toBe("/{x:(a)(b)}");
  });

  it("goes on to the next route when a regex does not match", async () => {
    expect(await groupOf(["/{x:[0-9]+}/y", "/:x/y", "/*"], "/abc/y")).toBe("/:x/y");
  });

  it("takes every method, HEAD and OPTIONS included", async () => {
    for (const method of ["GET", "HEAD", "OPTIONS", "PUT", "DELETE", "PATCH"]) {
      expect(await groupOf(["/v1/*"], "/v1/x", method)).toBe("/v1/*");
    }
  });

  it("decodes what is encoded, but never a slash", async () => {
    expect(await groupOf(["/v1/models"], "/v1/%6dodels")).toBe("/v1/models");
    expect(await groupOf(["/v1/:id", "/v1/a/b"], "/v1/a%2fb")).toBe("/v1/:id");
    expect(routingPath("/%zz/%ff")).toBe("/%zz/%ff");
  });

  it("decodes routes as it decodes paths", async () => {
    expect(await groupOf(["/caf%C3%A9/*"], "/caf%c3%a9/x")).toBe("/caf%C3%A9/*");
  });

  it("takes a colon inside a segment for what it is", async () => {
    const routes = ["/:version/models/gemini:generateContent", "/*"];
    expect(await groupOf(routes, "/v1/models/gemini:generateContent")).toBe(routes[0]);
    expect(await groupOf(routes, "/v1/models/gemini-pro")).toBe("/*");
  });

  it("agrees with the words that describe it", async () => {
    const written = fc.constantFrom(
      "a",
      "b",
      "a.b",
      "g:gen",
      "a+b",
      "a(b",
      "$",
      ":x",
      "*",
      "{id:[0-9]+}",
      "{n:a|b}",
    );
    const asked = fc.constantFrom("a", "b", "aXb", "a.b", "g:gen", "gxx", "a+b", "aab", "a(b", "$", "12", "");
    const routes = fc
      .array(written, { minLength: 1, maxLength: 4 })
      .map((segments) => `/${segments.join("/")}`);
    const path = fc.array(asked, { minLength: 1, maxLength: 5 }).map((segments) => `/${segments.join("/")}`);
    await fc.assert(
      fc.asyncProperty(
        fc.uniqueArray(routes, { minLength: 1, maxLength: 5 }),
        path,
        async (paths, requested) => {
          expect(await groupOf(paths, requested)).toBe(described(paths, requested));
        },
      ),
      { numRuns: 1000 },
    );
  });

  it("works with hundreds of routes", async () => {
    const routes = Array.from({ length: 500 }, (_, i) => `/r${i}/:id/*`);
    expect(await groupOf(routes, "/r250/x/y/z")).toBe("/r250/:id/*");
  });
});
