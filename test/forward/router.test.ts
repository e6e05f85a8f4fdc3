import { describe, expect, it } from "vitest";
import { createRouter, type RouteMatch, routingPath } from "../../src/forward/router.ts";

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

  it("works with hundreds of routes", async () => {
    const routes = Array.from({ length: 500 }, (_, i) => `/r${i}/:id/*`);
    expect(await groupOf(routes, "/r250/x/y/z")).toBe("/r250/:id/*");
  });
});
