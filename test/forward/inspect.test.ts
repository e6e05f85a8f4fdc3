import { describe, expect, it } from "vitest";
import { MAX_URI, refusalOf, splitUrl } from "../../src/forward/inspect.ts";

describe("a URL's path and query", () => {
  it.each([
    ["http://h/a/b?c=d?e", "/a/b", "?c=d?e"],
    ["http://h/", "/", ""],
    ["http://h", "/", ""],
    ["https://h:1/a?", "/a", "?"],
    ["/x", "/x", ""],
    ["/x?to=http://other/y", "/x", "?to=http://other/y"],
    ["/x/http://other/y", "/x/http://other/y", ""],
    // Found by fuzzing: a fragment in the path swallowed the upstream's own query.
    ["http://h/x#y?z", "/x", ""],
    ["http://h/x?a=1#", "/x", "?a=1"],
    ["/x#/../y", "/x", ""],
  ])("of %s are %s and %j", (url, path, query) => {
    expect(splitUrl(url)).toEqual({ path, query });
  });
});

describe("a request", () => {
  const request = (init: RequestInit & { readonly method?: string } = {}) => new Request("http://h/x", init);
  const refused = (target?: string, length = 2) => refusalOf(request(), target, length)?.kind;

  it("is taken when nothing is wrong with it", () => {
    expect(refused()).toBeUndefined();
    expect(refused("/x", MAX_URI)).toBeUndefined();
    expect(refused("*")).toBeUndefined();
  });

  it("is refused for a dot segment of its path, wherever else its target has a URL", () => {
    expect(refused("/a/../b?to=http://other/x")).toBe("bad_request");
    // Found by fuzzing: the URL parser of Node 20 leaves these, since a segment before them begins with a dot.
    expect(refused("/a/.t/../b")).toBe("bad_request");
    expect(refused("http://h/a/b/.b/.")).toBe("bad_request");
    expect(refused("/a?to=http://other/../x")).toBeUndefined();
    expect(refused("/a?x=/../b")).toBeUndefined();
  });

  it("is refused when path and query are longer than 16 KiB", () => {
    expect(refused("/x", MAX_URI + 1)).toBe("uri_too_long");
    expect(MAX_URI).toBe(16_384);
  });

  it.each(["CONNECT", "TRACE", "TRACK"])(
    "is refused when its method is %s, which fetch can't send",
    (method) => {
      const odd = { method, headers: new Headers() } as Request;
      expect(refusalOf(odd, undefined, 2)).toEqual({
        kind: "not_implemented",
        feature: `the method ${method}`,
      });
    },
  );
});
