import { expect } from "vitest";
import { failing, ok } from "../../support/behaviours.ts";
import { contract, type Kit, type Row, uniquePath } from "../../support/contract.ts";
import { requestBytes } from "../../support/raw-request.ts";
import { now, pause } from "../../support/wait.ts";
import { type Fixture, play, setup } from "./retry-fixture.ts";

contract("a short Retry-After", setup, [
  {
    name: "failover waits for a short Retry-After and then tries the same upstream",
    async run(fixture) {
      const { a } = fixture;
      const { tries, path } = await play(fixture, {
        forward: "ordered",
        a: [failing(429, [["retry-after", "1"]]), ok()],
      });
      expect(tries).toEqual([200, "a", "2", 2, 0]);
      const [first, second] = a.requests(path).map(({ message }) => message.headAt);
      expect((second ?? 0) - (first ?? 0)).toBeGreaterThanOrEqual(990);
    },
  },
] satisfies readonly Row<Fixture & Kit>[]);

contract("Retry-After and waiting", setup, [
  {
    name: "failover moves on at once where Retry-After is longer than it would wait",
    async run(fixture) {
      const started = now();
      const { tries } = await play(fixture, {
        forward: "ordered",
        a: [failing(429, [["retry-after", "20"]])],
      });
      expect(tries).toEqual([200, "b", "2", 1, 1]);
      expect(now() - started).toBeLessThan(1_000);
    },
  },
]);

contract("Retry-After with nobody else", setup, [
  {
    name: "a Retry-After over 30 s is not waited for: the upstream's own answer goes to the client",
    async run(fixture) {
      const { answer, tries } = await play(fixture, {
        forward: "single",
        a: [failing(429, [["retry-after", "31"]])],
      });
      expect(tries).toEqual([429, "a", "1", 1, 0]);
      expect(answer.header("retry-after")).toBe("31");
    },
  },
]);

contract("a client that leaves during the wait", setup, [
  {
    name: "no further attempt is made",
    async run({ a, b, proxy, connect }) {
      const path = uniquePath("/v1/chat/completions");
      a.on(path, failing(503, [["retry-after", "2"]]), ok());
      b.on(path, ok());
      const client = await connect(proxy.port("ordered"));
      await client.send(requestBytes(path, { body: "{}" }));
      await a.request(path);
      await pause(300);
      client.close();
      const line = await proxy.logged((candidate) => candidate["path"] === path);
      expect(line["status"]).toBe(499);
      await pause(2_200);
      expect([a.requests(path).length, b.requests(path).length]).toEqual([1, 0]);
    },
  },
]);
