import { expect } from "vitest";
import { answer as answers, failing, hang, ok, rawThenReset, sse } from "../../support/behaviours.ts";
import { contract, type Kit, type Row } from "../../support/contract.ts";
import type { Behaviour } from "../../support/fault-upstream.ts";
import { request } from "../../support/raw-request.ts";
import { pause } from "../../support/wait.ts";
import { type Case, type Fixture, play, RISKY, type Seen, setup } from "./retry-fixture.ts";

const statuses = [408, 429, 500, 502, 503, 504, 520, 521, 529, 530].map(
  (status): Row<Fixture & Kit> => ({
    name: `among equals a ${status} moves to the other upstream`,
    async run(fixture) {
      for (const failsAt of ["a", "b"] as const) {
        // Whoever is first, one of two requests meets the failing one.
        const { answer } = await play(fixture, { forward: "equals", [failsAt]: [failing(status)] });
        const again = await play(fixture, { forward: "equals", [failsAt]: [failing(status)] });
        expect([answer.status, again.answer.status]).toEqual([200, 200]);
        const attempts = [answer, again.answer].map((each) => each.header("x-llmproxy-attempts")).sort();
        expect(attempts).toEqual(["1", "2"]);
      }
    },
  }),
);

const single: readonly (readonly [name: string, play: Case, tries: Seen["tries"]])[] = [
  [
    "one upstream is tried again after the backoff",
    { forward: "single", a: [failing(503), failing(500), ok()] },
    [200, "a", "3", 3, 0],
  ],
  [
    "tries are bounded, and the last answer is the client's",
    { forward: "single", a: [failing(503)] },
    [503, "a", "4", 4, 0],
  ],
  [
    "without retry a status is the answer",
    { forward: "plain", a: [failing(503), ok()] },
    [503, "a", "1", 1, 0],
  ],
  [
    "failover tries the preferred upstream once more",
    { forward: "ordered", a: [failing(500), ok()] },
    [200, "a", "2", 2, 0],
  ],
  [
    "failover tries it once more after a reset too",
    { forward: "ordered", a: [rawThenReset(), ok()] },
    [200, "a", "2", 2, 0],
  ],
  [
    "failover moves on when the second try fails",
    { forward: "ordered", a: [failing(500)] },
    [200, "b", "3", 2, 1],
  ],
  [
    "failover without retry tries each upstream once",
    { forward: "plain-ordered", a: [failing(500)] },
    [200, "b", "2", 1, 1],
  ],
  [
    "failover without retry moves on after a reset",
    { forward: "plain-ordered", a: [rawThenReset()] },
    [200, "b", "2", 1, 1],
  ],
  [
    "a refused connection moves on at once, retry or not",
    { forward: "dead-first", suffix: RISKY },
    [200, "b", "2", 0, 1],
  ],
  ["a timed-out upstream is not tried again", { forward: "hasty", a: [hang] }, [200, "b", "2", 1, 1]],
  ["a 400 is the client's answer", { forward: "ordered", a: [failing(400)] }, [400, "a", "1", 1, 0]],
  [
    "a 401 is the client's answer where the client's own key was used",
    { forward: "ordered", a: [failing(401)] },
    [401, "a", "1", 1, 0],
  ],
  [
    "a POST that is no inference call is not repeated after a reset",
    { forward: "ordered", suffix: RISKY, a: [rawThenReset(), ok()] },
    [502, undefined, undefined, 1, 0],
  ],
  [
    "a message for a thread is sent once after a reset: it is stored",
    { forward: "ordered", suffix: "/v1/threads/thread_1/messages", a: [rawThenReset(), ok()] },
    [502, undefined, undefined, 1, 0],
  ],
  [
    "a message for a conversation is sent once after a reset, among equals too",
    { forward: "single", suffix: "/v1/conversations/conv_1/messages", a: [rawThenReset(), ok()] },
    [502, undefined, undefined, 1, 0],
  ],
  [
    "a response that adds to a conversation is asked for once",
    {
      forward: "ordered",
      suffix: "/v1/responses",
      request: { body: '{"model":"m","conversation":"conv_1"}' },
      a: [rawThenReset(), ok()],
    },
    [502, undefined, undefined, 1, 0],
  ],
  [
    "a response that is only computed may be asked for again, with a trailing slash too",
    {
      forward: "ordered",
      suffix: "/v1/responses/",
      request: { body: '{"model":"m","input":"hi"}' },
      a: [rawThenReset(), ok()],
    },
    [200, "a", "2", 2, 0],
  ],
  [
    "a POST that is no inference call is not repeated after a 500",
    { forward: "ordered", suffix: RISKY, a: [failing(500), ok()] },
    [500, "a", "1", 1, 0],
  ],
  [
    "a POST that is no inference call may go elsewhere after a 503",
    { forward: "plain-ordered", suffix: RISKY, a: [failing(503)] },
    [200, "b", "2", 1, 1],
  ],
  [
    "a POST that is no inference call may go elsewhere after a 521: the origin was not reached",
    { forward: "plain-ordered", suffix: RISKY, a: [failing(521)] },
    [200, "b", "2", 1, 1],
  ],
  [
    "failover moves on for a 200 whose stream says that the context is too long",
    { forward: "plain-ordered", a: [sse(['data: {"error":{"code":"context_length_exceeded"}}\n\n'])] },
    [200, "b", "2", 1, 1],
  ],
  [
    "failover moves on for a 500 that says so",
    {
      forward: "plain-ordered",
      a: [
        answers(
          500,
          [["content-type", "application/json"]],
          '{"error":{"code":500,"message":"context shift is disabled","type":"server_error"}}',
        ),
      ],
    },
    [200, "b", "2", 1, 1],
  ],
  [
    "an Idempotency-Key makes a POST repeatable",
    {
      forward: "plain-ordered",
      suffix: RISKY,
      a: [rawThenReset()],
      request: { body: "x", headers: [["Idempotency-Key", "k"]] },
    },
    [200, "b", "2", 1, 1],
  ],
  [
    "a PUT is repeatable",
    { forward: "plain-ordered", suffix: RISKY, a: [rawThenReset()], request: { method: "PUT", body: "x" } },
    [200, "b", "2", 1, 1],
  ],
  [
    "a PATCH is not",
    { forward: "plain-ordered", suffix: RISKY, a: [rawThenReset()], request: { method: "PATCH", body: "x" } },
    [502, undefined, undefined, 1, 0],
  ],
  [
    "a body too large to keep is sent once",
    { forward: "ordered", a: [failing(503), ok()], request: { body: Buffer.alloc(9 * 1024 * 1024) } },
    [503, "a", "1", 1, 0],
  ],
  [
    "failover moves on for a context that is too long, without a second try",
    {
      forward: "ordered",
      a: [
        answers(
          400,
          [["content-type", "application/json"]],
          '{"error":{"message":"long","code":"context_length_exceeded"}}',
        ),
      ],
    },
    [200, "b", "2", 1, 1],
  ],
];

const rows: readonly Row<Fixture & Kit>[] = [
  ...statuses,
  ...single.map(
    ([name, options, tries]): Row<Fixture & Kit> => ({
      name,
      async run(fixture) {
        const seen = await play(fixture, options);
        // An error of the proxy's own may name its upstream in the head or not.
        const [status, upstream, attempts, ...counts] = seen.tries;
        const own = seen.answer.header("x-llmproxy-error") !== undefined;
        expect([status, own ? undefined : upstream, own ? undefined : attempts, ...counts]).toEqual(tries);
      },
    }),
  ),
  {
    name: "a kept body is sent again byte for byte",
    async run(fixture) {
      const body = Buffer.from(Array.from({ length: 70_000 }, (_, i) => i % 256));
      const { path } = await play(fixture, {
        forward: "plain-ordered",
        a: [failing(503)],
        request: { body },
      });
      expect(fixture.b.requests(path)[0]?.message.body.equals(body)).toBe(true);
    },
  },
  {
    name: "the proxy's own key refused is that upstream's fault",
    async run(fixture) {
      const { tries } = await play(fixture, { forward: "keyed", a: [failing(401)] });
      expect([tries[0], tries[1], tries[4]]).toEqual([200, "b", 1]);
    },
  },
  {
    name: "the last upstream's answer reaches the client as it was",
    async run(fixture) {
      const last = answers(
        529,
        [
          ["content-type", "application/json"],
          ["x-own", "1"],
        ],
        '{"type":"error"}',
      );
      const { answer } = await play(fixture, {
        forward: "single",
        a: [failing(503), failing(503), failing(503), last],
      });
      expect([answer.status, answer.header("x-own"), answer.text()]).toEqual([529, "1", '{"type":"error"}']);
    },
  },
  {
    name: "retries are counted by reason",
    async run(fixture) {
      await play(fixture, { forward: "plain-ordered", a: [rawThenReset()] });
      const metrics = (await request(fixture.proxy.adminPort, "/metrics")).text();
      expect(metrics).toMatch(
        /^llmproxy_retries_total\{(?=[^}]*group="plain-ordered")(?=[^}]*reason="reset")[^}]*\} [1-9]/m,
      );
    },
  },
  {
    name: "no attempt begins after timeout.total",
    async run(fixture) {
      const slowly: Behaviour = async (exchange) => {
        await pause(600);
        await failing(503)(exchange);
      };
      const { tries } = await play(fixture, { forward: "bounded", a: [slowly] });
      expect(tries[0]).toBe(503);
      expect(tries[3]).toBeLessThanOrEqual(2);
    },
  },
];

contract("failed attempts are repeated where that is safe", setup, rows);
