import { describe, expect, it } from "vitest";
import { handshakeRefusal, isHandshake } from "../../src/forward/upgrade.ts";

describe("a request", () => {
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
    const asked = { method, headers: new Headers(rest) } as Request;
    return isHandshake(asked.headers) ? handshakeRefusal(asked, relays) : undefined;
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
