import { describe, expect, it } from "vitest";
import { load, warningsOf } from "./support.ts";

/** Forwards by name, address:port and the URL of the upstream that each sends to. */
async function warnings(...forwards: readonly (readonly [name: string, listen: string, url: string])[]) {
  const listeners = forwards.map(([name, listen]) => {
    const colon = listen.lastIndexOf(":");
    const [address, port] = [listen.slice(0, colon), listen.slice(colon + 1)];
    return `{ name: ${name}, address: "${address}", port: ${port}, upstream_group: ${name} }`;
  });
  const yaml = `
http_server: { forwards: [${listeners.join(", ")}] }
upstreams: [${forwards.map(([name, , url]) => `{ name: ${name}, url: "${url}" }`).join(", ")}]
upstream_groups: [${forwards.map(([name]) => `{ name: ${name}, upstreams: [{ name: ${name} }] }`).join(", ")}]
`;
  return warningsOf(await load(yaml));
}

describe("a forward that is its own upstream is warned of", () => {
  it.each([
    ["0.0.0.0:3000", "http://127.0.0.1:3000/v1"],
    ["0.0.0.0:3000", "http://localhost:3000"],
    ["0.0.0.0:3000", "http://0.0.0.0:3000"],
    [":::3000", "http://[::1]:3000"],
    ["127.0.0.1:3000", "http://localhost:3000"],
    ["localhost:3000", "https://127.0.0.1:3000"],
    ["192.0.2.1:3000", "http://192.0.2.1:3000"],
    ["proxy.test:80", "http://PROXY.test"],
    ["127.0.0.1:443", "https://127.0.0.1/v1"],
  ])("%s with %s", async (listen, url) => {
    expect(await warnings(["f", listen, url])).toEqual([
      "upstreams[0].url: leads to http_server.forwards[0] of this file: requests come back and are answered with 508",
    ]);
  });

  it.each([
    ["0.0.0.0:3000", "http://127.0.0.1:3001"],
    ["0.0.0.0:3000", "http://192.0.2.1:3000"],
    ["127.0.0.1:3000", "http://127.0.0.2:3000"],
    ["127.0.0.1:0", "http://127.0.0.1"],
    ["192.0.2.1:3000", "http://localhost:3000"],
  ])("%s with %s is none", async (listen, url) => {
    expect(await warnings(["f", listen, url])).toEqual([]);
  });

  it("also where it goes through another forward", async () => {
    const round = await warnings(
      ["a", "0.0.0.0:1", "http://127.0.0.1:2"],
      ["b", "0.0.0.0:2", "http://127.0.0.1:1"],
    );
    expect(round.map((text) => text.split(":")[0])).toEqual(["upstreams[0].url", "upstreams[1].url"]);
    const chain = await warnings(
      ["a", "0.0.0.0:1", "http://127.0.0.1:2"],
      ["b", "0.0.0.0:2", "http://x.test"],
    );
    expect(chain).toEqual([]);
  });
});
