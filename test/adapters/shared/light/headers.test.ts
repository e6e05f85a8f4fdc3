import { describe, expect, it } from "vitest";
import { LightHeaders } from "../../../../adapters/shared/light/headers.ts";

describe("light headers", () => {
  const flat = ["Host", "h", "Accept", "a", "ACCEPT", "b", "Set-Cookie", "x=1", "set-cookie", "y=2"];

  it("read like native ones, in the order in which they came", () => {
    const headers = LightHeaders.from(flat);
    expect(headers).toBeInstanceOf(Headers);
    expect([headers.get("hOsT"), headers.get("accept"), headers.get("none")]).toEqual(["h", "a, b", null]);
    expect([headers.has("Host"), headers.has("none")]).toEqual([true, false]);
    expect(headers.getSetCookie()).toEqual(["x=1", "y=2"]);
    expect(headers.get("set-cookie")).toBe("x=1, y=2");
    const pairs = [
      ["host", "h"],
      ["accept", "a, b"],
      ["set-cookie", "x=1"],
      ["set-cookie", "y=2"],
    ];
    expect([...headers]).toEqual(pairs);
    expect([...headers.keys()]).toEqual(pairs.map(([name]) => name));
    expect([...headers.values()]).toEqual(pairs.map(([, value]) => value));
    const each: string[][] = [];
    headers.forEach((value, name) => {
      each.push([name, value]);
    });
    expect(each).toEqual(pairs);
  });

  it("can be copied into native ones", () => {
    const native = new Headers(LightHeaders.from(flat));
    expect([native.get("accept"), native.getSetCookie()]).toEqual(["a, b", ["x=1", "y=2"]]);
    const response = new Response(null, { headers: LightHeaders.from(flat) });
    expect(response.headers.getSetCookie()).toEqual(["x=1", "y=2"]);
  });

  it("can be changed like native ones", () => {
    const headers = LightHeaders.from(flat);
    headers.set("Host", "i");
    headers.set("Set-Cookie", "z=3");
    headers.delete("Accept");
    headers.append("X", "1");
    expect([...headers]).toEqual([
      ["host", "i"],
      ["x", "1"],
      ["set-cookie", "z=3"],
    ]);
    headers.delete("set-cookie");
    expect(headers.has("set-cookie")).toBe(false);
  });
});
