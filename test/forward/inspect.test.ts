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
  ])("of %s are %s and %j", (url, path, query) => {
    expect(splitUrl(url)).toEqual({ path, query });
  });
});

describe("a request", () => {
  const request = (init: RequestInit & { readonly method?: string } = {}) => new Request("http://h/x", init);
  const refused = (target?: string, length = 2) => refusalOf(request(), target, length, true)?.kind;

  it("is taken when nothing is wrong with it", () => {
    expect(refused()).toBeUndefined();
    expect(refused("/x", MAX_URI)).toBeUndefined();
    expect(refused("*")).toBeUndefined();
  });

  it("is refused for a dot segment of its path, wherever else its target has a URL", () => {
    expect(refused("/a/../b?to=http://other/x")).toBe("bad_request");
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
      expect(refusalOf(odd, undefined, 2, true)).toEqual({
        kind: "not_implemented",
        feature: `the method ${method}`,
      });
    },
  );

  const handshake = (fields: Record<string, string> = {}, relays = true) => {
    const headers = {
      connection: "keep-alive, Upgrade",
      upgrade: "WebSocket",
      "sec-websocket-version": "13",
      "sec-websocket-key": "dGhlIHNhbXBsZSBub25jZQ==",
      ...fields,
    };
    const { method = "GET", ...rest } = headers as Record<string, string>;
    // Native headers refuse some of these names.
    return refusalOf({ method, headers: new Headers(rest) } as Request, undefined, 2, relays);
  };

  it("is refused when it asks for a WebSocket where the runtime can't, and only then", () => {
    expect(handshake({}, false)).toEqual({ kind: "not_implemented", feature: "WebSocket upgrades" });
    expect(handshake()).toBeUndefined();
    expect(handshake({ upgrade: "h2c" }, false)).toBeUndefined();
    expect(handshake({ connection: "keep-alive" }, false)).toBeUndefined();
  });

  it.each([
    [{ method: "POST" }, "A WebSocket handshake is a GET request, not POST."],
    [{ "sec-websocket-version": "8" }, 'A WebSocket handshake has Sec-WebSocket-Version: 13, not "8".'],
    [{ "sec-websocket-key": "" }, 'A WebSocket handshake has 16 bytes as Sec-WebSocket-Key, not "".'],
  ])("is refused for a handshake with %j", (fields, reason) => {
    expect(handshake(fields)).toEqual({ kind: "bad_request", reason });
  });
});
