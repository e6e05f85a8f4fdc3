import { expect } from "vitest";
import { ok, rawThenReset } from "../../support/behaviours.ts";
import { contract, type Kit, type Row, uniquePath } from "../../support/contract.ts";
import { request, requestBytes } from "../../support/raw-request.ts";
import { pause } from "../../support/wait.ts";
import { REPEATS_BODYLESS_REQUESTS } from "./lacks.ts";
import { type Fixture, RISKY, setupReusing } from "./retry-fixture.ts";

const rows: readonly Row<Fixture & Kit>[] = [
  {
    name: "a reused connection that dies after a POST was read does not send it again unseen",
    async run(fixture) {
      const { a, proxy } = fixture;
      const warm = uniquePath();
      a.on(warm, ok());
      await request(proxy.port("plain"), warm);
      const path = uniquePath(RISKY);
      a.on(path, async (exchange) => {
        await exchange.body();
        exchange.socket.destroy();
      });
      const answer = await request(proxy.port("plain"), path, { body: "once" });
      expect([answer.status, answer.header("x-llmproxy-error")]).toEqual([502, "upstream_reset"]);
      await pause(200);
      expect(a.requests(path)).toHaveLength(1);
    },
  },
  {
    name: "a reused connection that dies under an inference POST costs nothing, and no retry: a fresh one takes it",
    async run(fixture) {
      const { a, proxy } = fixture;
      const warm = uniquePath();
      a.on(warm, ok());
      await request(proxy.port("plain"), warm);
      const path = uniquePath("/v1/chat/completions");
      a.on(path, rawThenReset(), ok());
      const answer = await request(proxy.port("plain"), path, { body: "{}" });
      expect([answer.status, answer.header("x-llmproxy-attempts")]).toEqual([200, "2"]);
      expect(a.requests(path)).toHaveLength(2);
    },
  },
  {
    name: "a fresh connection that dies too is not tried a third time",
    async run(fixture) {
      const { a, proxy } = fixture;
      const warm = uniquePath();
      a.on(warm, ok());
      await request(proxy.port("plain"), warm);
      const path = uniquePath("/v1/chat/completions");
      a.on(path, rawThenReset(), rawThenReset(), ok());
      const answer = await request(proxy.port("plain"), path, { body: "{}" });
      expect([answer.status, answer.header("x-llmproxy-error")]).toEqual([502, "upstream_reset"]);
      expect(a.requests(path)).toHaveLength(2);
    },
  },
  {
    name: "a reused connection that dies under a GET is told of in the attempts",
    skip: REPEATS_BODYLESS_REQUESTS,
    async run(fixture) {
      const { a, proxy } = fixture;
      const warm = uniquePath();
      a.on(warm, ok());
      await request(proxy.port("plain"), warm);
      const path = uniquePath();
      a.on(path, rawThenReset(), ok());
      const answer = await request(proxy.port("plain"), path);
      expect([answer.status, answer.header("x-llmproxy-attempts")]).toEqual([200, "2"]);
      expect(a.requests(path)).toHaveLength(2);
    },
  },
  ...(["GET", "POST"] as const).map(
    (method): Row<Fixture & Kit> => ({
      name: `an upstream that closes right after each answer costs no ${method} with retry on`,
      async run({ a, proxy, connect }) {
        const path = uniquePath("/v1/chat/completions");
        a.on(path, async (exchange) => {
          await exchange.body();
          exchange.socket.end("HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok");
        });
        const client = await connect(proxy.port("single"));
        for (let i = 0; i < 30; i += 1) {
          const answer = client.next();
          await client.send(requestBytes(path, { method, ...(method === "POST" && { body: "{}" }) }));
          expect((await answer.end()).status).toBe(200);
        }
      },
    }),
  ),
];

contract("connections that die", setupReusing, rows);
