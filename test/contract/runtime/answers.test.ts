import { expect } from "vitest";
import { answer as answers, ok, sse } from "../../support/behaviours.ts";
import { contract, type Kit, type Row } from "../../support/contract.ts";
import type { Pair } from "../../support/http-message.ts";
import { type Fixture, given, setup } from "./answer-fixture.ts";

const BYTES = Buffer.from(Array.from({ length: 1_000 }, (_, i) => (i * 7) % 256));

const statuses = [200, 201, 202, 206, 400, 401, 404, 409, 418, 422, 429, 451, 500, 502, 503, 529].map(
  (status): Row<Fixture & Kit> => ({
    name: `${status} passes with its fields and its body byte for byte`,
    async run(fixture) {
      const got = await given(
        fixture,
        answers(
          status,
          [
            ["content-type", "application/x-odd"],
            ["X-Custom", "a, b"],
          ],
          BYTES,
        ),
      );
      expect(got.status).toBe(status);
      expect(got.end).toBe("complete");
      expect(got.body.equals(BYTES)).toBe(true);
      expect(got.header("content-type")).toBe("application/x-odd");
      expect(got.header("x-custom")).toBe("a, b");
    },
  }),
);

const redirects = [301, 302, 303, 307, 308].map(
  (status): Row<Fixture & Kit> => ({
    name: `a ${status} redirect is passed on, not followed`,
    async run(fixture) {
      const location = `${fixture.up.url}/elsewhere?x=1`;
      const got = await given(fixture, answers(status, [["location", location]], "moved"));
      expect([got.status, got.header("location"), got.text()]).toEqual([status, location, "moved"]);
      expect(fixture.up.requests("/elsewhere")).toEqual([]);
    },
  }),
);

const rows: readonly Row<Fixture & Kit>[] = [
  ...statuses,
  ...redirects,
  {
    name: "no field of the answer is invented but the proxy's own and those of the connection",
    async run(fixture) {
      const got = await given(fixture, answers(200, [], "plain"), {
        headers: [["accept-encoding", "gzip, br"]],
      });
      expect(got.text()).toBe("plain");
      const own =
        /^(x-llmproxy-(upstream|attempts|request-id)|date|connection|keep-alive|content-length|transfer-encoding)$/;
      expect(got.headers.map(([name]) => name.toLowerCase()).filter((name) => !own.test(name))).toEqual([]);
    },
  },
  {
    name: "the upstream's own date, server, vary and x-request-id come once and untouched",
    async run(fixture) {
      const fields: readonly Pair[] = [
        ["date", "Tue, 15 Nov 1994 08:12:31 GMT"],
        ["server", "up/1"],
        ["vary", "origin"],
        ["x-request-id", "req_up"],
        ["etag", 'W/"x"'],
      ];
      const got = await given(fixture, answers(200, fields, "x"), {
        headers: [["x-request-id", "client-1"]],
      });
      for (const [name, value] of fields) expect(got.all(name)).toEqual([value]);
      expect(got.header("x-llmproxy-request-id")).toBe("client-1");
    },
  },
  {
    name: "hop-by-hop fields of an answer are dropped",
    async run(fixture) {
      const got = await given(
        fixture,
        answers(200, [
          ["Connection", "X-Up-Hop"],
          ["X-Up-Hop", "1"],
          ["Keep-Alive", "timeout=77"],
          ["Proxy-Authenticate", "Basic"],
          ["X-Stays", "1"],
        ]),
      );
      expect(["x-up-hop", "proxy-authenticate"].flatMap(got.all)).toEqual([]);
      expect(got.all("keep-alive")).not.toContain("timeout=77");
      expect(got.header("x-stays")).toBe("1");
    },
  },
  {
    name: "several set-cookie stay several and in order",
    async run(fixture) {
      const cookies = ["a=1; Path=/", "b=2; Expires=Wed, 21 Oct 2037 07:28:00 GMT", "c=3"];
      const got = await given(
        fixture,
        answers(
          200,
          cookies.map((cookie): Pair => ["Set-Cookie", cookie]),
          "x",
        ),
      );
      expect(got.all("set-cookie")).toEqual(cookies);
    },
  },
  {
    name: "x-llmproxy-upstream and x-llmproxy-attempts say who answered and how soon",
    async run(fixture) {
      const got = await given(fixture, ok());
      expect([got.header("x-llmproxy-upstream"), got.header("x-llmproxy-attempts")]).toEqual(["only", "1"]);
    },
  },
  {
    name: "event streams get x-accel-buffering: no, other answers don't",
    async run(fixture) {
      const stream = await given(fixture, sse(["data: 1\n\n"]));
      expect([stream.all("x-accel-buffering"), stream.header("content-type")]).toEqual([
        ["no"],
        "text/event-stream",
      ]);
      expect((await given(fixture, ok())).all("x-accel-buffering")).toEqual([]);
    },
  },
];

contract("answers come back as they were given", setup, rows);
