import { expect, it } from "vitest";
import {
  type Address,
  interleave,
  MAX_ADDRESSES,
  resolve,
} from "../../../../../adapters/shared/node-api/connect/addresses.ts";

const address = (host: string): Address => ({ host, family: host.includes(":") ? 6 : 4 });
const order = (hosts: readonly string[]): readonly string[] =>
  interleave(hosts.map(address)).map(({ host }) => host);

it.each([
  [["1.1.1.1"], ["1.1.1.1"]],
  [
    ["::1", "::2", "1.1.1.1", "2.2.2.2"],
    ["::1", "1.1.1.1", "::2", "2.2.2.2"],
  ],
  [
    ["1.1.1.1", "2.2.2.2", "::1"],
    ["1.1.1.1", "::1", "2.2.2.2"],
  ],
  [
    ["::1", "::2", "::3", "1.1.1.1"],
    ["::1", "1.1.1.1", "::2", "::3"],
  ],
])("families alternate: %j", (hosts, expected) => {
  expect(order(hosts)).toEqual(expected);
});

it("no more addresses than the limit are tried, of both families", () => {
  const many = Array.from({ length: 100 }, (_, i) => `::${i.toString(16)}`);
  const tried = order([...many, "1.1.1.1"]);
  expect(tried).toHaveLength(MAX_ADDRESSES);
  expect(tried).toContain("1.1.1.1");
});

it("the system resolves localhost", async () => {
  const found = await resolve("localhost");
  expect(found.every(({ host }) => host === "127.0.0.1" || host === "::1")).toBe(true);
});
