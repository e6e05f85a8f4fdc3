import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Secret } from "../../src/base/secret.ts";
import type { GroupAnswer } from "../../src/group/group.ts";
import { type Bytes, TransportError } from "../../src/runtime/runtime.ts";
import { FIXTURES } from "../llm/first-content/fixtures.ts";
import { settle } from "../support/fake-clock.ts";
import { createRig, type Rig, type RigOptions, type Step } from "../support/scripted-upstreams.ts";

const withRetry: RigOptions = { client: { retry: { attempts: 3, initial: 500 } } };
const encoder = new TextEncoder();
const SSE = "text/event-stream";
const ROLE = 'data: {"choices":[{"delta":{"role":"assistant"}}]}\n\n';
const HELLO = 'data: {"choices":[{"delta":{"content":"Hello"}}]}\n\n';
const SERVER_ERROR = 'data: {"error":{"type":"server_error"}}\n\n';
const BAD_REQUEST = 'data: {"error":{"type":"invalid_request_error"}}\n\n';

type Ending = "ends" | "breaks" | "stays";

/** A 200 of these pieces, which then ends, breaks or stays open. */
function pieces(type: string, parts: readonly (string | Uint8Array)[], ending: Ending = "ends"): Step {
  return () => {
    const left = parts.map((part) => (typeof part === "string" ? encoder.encode(part) : part.slice()));
    const body = new ReadableStream<Bytes>(
      {
        pull(controller) {
          const next = left.shift();
          if (next !== undefined) controller.enqueue(next);
          else if (ending === "ends") controller.close();
          else if (ending === "breaks") controller.error(new Error("broken"));
          else return new Promise(() => {});
        },
      },
      { highWaterMark: 0 },
    );
    return new Response(body, { headers: { "content-type": type } });
  };
}

const good = pieces(SSE, [ROLE, HELLO]);

async function read({ result }: GroupAnswer): Promise<string> {
  if (result.type === "failure") return `failure ${result.failure.kind}`;
  return new Response(result.answer.passOn()).text().catch(() => "broken");
}

/** Sends a request, lets time pass, and tells what its client got from whom. */
async function finish(rig: Rig, request?: Parameters<Rig["send"]>[0]): Promise<string> {
  let told: string | undefined;
  const running = rig.send(request).then(async (answer) => {
    told = `${answer.upstream} ${answer.trace.length}: ${await read(answer)}`;
  });
  await settle();
  for (let i = 0; i < 400 && told === undefined; i += 1) await rig.clock.advance(250);
  await running;
  return told ?? "nothing";
}

function expectSettled(rig: Rig): void {
  expect(rig.upstreams.map(({ inFlight }) => inFlight)).toEqual(rig.upstreams.map(() => 0));
  expect([rig.deadlines.size, rig.clock.pending, rig.budget.used]).toEqual([0, 0, 0]);
}

describe("an answer is held back until its first content", () => {
  it.each<[string, Step, string]>([
    ["an error", pieces(SSE, [ROLE, SERVER_ERROR]), "error_in_answer"],
    ["an end before any content", pieces(SSE, [ROLE, "data: [DONE]\n\n"]), "empty_stream"],
    ["nothing at all", pieces(SSE, []), "empty_stream"],
    ["a cut before any content", pieces(SSE, [ROLE], "breaks"), "cut"],
    ["silence before any content", pieces(SSE, [ROLE], "stays"), "stall"],
    ["an error in JSON", pieces("application/json", ['{"error":{"code":503}}']), "error_in_answer"],
    ["an error of Ollama's", pieces("application/x-ndjson", ['{"error":"no"}\n']), "error_in_answer"],
    ["a text for an error in JSON", pieces("application/json", ['{"error":"no"}']), "error_in_answer"],
    [
      "a choice that failed",
      pieces("application/json", ['{"choices":[{"error":{"code":502},"message":{"content":""}}]}']),
      "error_in_answer",
    ],
    [
      "a response that fails before its content",
      pieces(SSE, [
        'data: {"type":"response.created","response":{"error":null}}\n\n',
        'data: {"type":"response.in_progress","response":{"error":null}}\n\n',
        'data: {"type":"response.failed","response":{"error":{"code":"server_error"}}}\n\n',
      ]),
      "error_in_answer",
    ],
  ])("so that %s moves on", async (_name, first, reason) => {
    const stall = { connect: 10_000, request: 10_000, stall: 5_000, total: 60_000, idle: 60_000 };
    const rig = createRig({ a: [first], b: [good] }, { client: { ...withRetry.client, timeouts: stall } });
    expect(await finish(rig)).toBe(`b 2: ${ROLE}${HELLO}`);
    const text = await rig.metrics.text();
    expect(text).toContain(`llmproxy_upstream_errors_total{error="${reason}",group="g",upstream="a"} 1`);
    expect(text).toContain(`llmproxy_retries_total{group="g",upstream="a",reason="${reason}"} 1`);
    expectSettled(rig);
  });

  it("but an error that is the client's own is its answer", async () => {
    const rig = createRig({ a: [pieces(SSE, [ROLE, BAD_REQUEST])], b: [] }, withRetry);
    expect(await finish(rig)).toBe(`a 1: ${ROLE}${BAD_REQUEST}`);
  });

  it.each([
    ["an event", SSE, 'data: {"error":{"code":"context_length_exceeded"}}\n\n'],
    ["a document", "application/json", '{"error":{"code":"context_length_exceeded"}}'],
  ])("and failover moves on when %s says that the context is too long", async (_name, type, body) => {
    const tooLong = pieces(type, [body]);
    const rig = createRig({ a: [tooLong], b: [good] }, { strategy: "failover" });
    expect(await finish(rig)).toBe(`b 2: ${ROLE}${HELLO}`);
    const text = await rig.metrics.text();
    expect(text).toContain('llmproxy_retries_total{group="g",upstream="a",reason="context_length"} 1');
    expect(text).not.toContain("llmproxy_upstream_errors_total{");
    const equals = createRig({ a: [tooLong], b: [] }, withRetry);
    expect(await finish(equals)).toBe(`a 1: ${body}`);
  });

  it("but not where the request is not safe to repeat", async () => {
    const rig = createRig({ a: [pieces(SSE, [SERVER_ERROR])], b: [] }, withRetry);
    expect(await finish(rig, { path: "/v1/files" })).toBe(`a 1: ${SERVER_ERROR}`);
  });

  it("and the last try's is passed on as it is, unheld", async () => {
    const bad = pieces(SSE, [ROLE, SERVER_ERROR]);
    const rig = createRig({ a: [bad], b: [bad] }, { client: { retry: { attempts: 1, initial: 500 } } });
    expect(await finish(rig)).toBe(`b 2: ${ROLE}${SERVER_ERROR}`);
    expectSettled(rig);
  });

  it("and the last answer that there was is what the client gets when the others can't be reached", async () => {
    const refused: Step = () => Promise.reject(new TransportError("refused", true, "no"));
    const rig = createRig(
      { a: [pieces(SSE, [ROLE, SERVER_ERROR])], b: [refused] },
      { ...withRetry, strategy: "failover", client: {} },
    );
    expect(await finish(rig)).toBe(`a 2: ${ROLE}${SERVER_ERROR}`);
    expectSettled(rig);
  });

  it("and is let go after 15 s, with nothing lost", async () => {
    const rig = createRig({ a: [pieces(SSE, [ROLE], "stays")], b: [] }, withRetry);
    const sent = rig.send();
    await settle();
    await rig.clock.advance(14_900);
    let isThere = false;
    void sent.then(() => {
      isThere = true;
    });
    await settle();
    expect(isThere).toBe(false);
    await rig.clock.advance(200);
    const { result } = await sent;
    if (result.type !== "answer") throw new Error("no answer");
    const reader = new Response(result.answer.passOn()).body?.getReader();
    expect(new TextDecoder().decode((await reader?.read())?.value)).toBe(ROLE);
    await reader?.cancel();
    expectSettled(rig);
  });

  it("and goes on where it was let go, byte for byte", async () => {
    let more: ((text: string | undefined) => void) | undefined;
    const slow: Step = () =>
      new Response(
        new ReadableStream<Bytes>({
          start(controller) {
            more = (text) =>
              text === undefined ? controller.close() : controller.enqueue(encoder.encode(text));
          },
        }),
        { headers: { "content-type": SSE } },
      );
    const rig = createRig({ a: [slow], b: [] }, withRetry);
    const sent = rig.send();
    await settle();
    more?.(ROLE);
    await rig.clock.advance(15_100);
    const text = sent.then(read);
    more?.(HELLO);
    more?.(undefined);
    expect(await text).toBe(ROLE + HELLO);
    expectSettled(rig);
  });

  it.each(FIXTURES.filter(({ finding }) => finding?.type === "content"))(
    "$name comes out as it went in, however it is split",
    async ({ type, before, after }) => {
      const whole = encoder.encode(before + after);
      const cuts = fc.array(fc.nat(whole.length), { maxLength: 6 });
      await fc.assert(
        fc.asyncProperty(cuts, async (places) => {
          const ends = [...places.sort((a, b) => a - b), whole.length];
          const parts = ends
            .map((end, i) => whole.subarray(ends[i - 1] ?? 0, end))
            .filter(({ length }) => length > 0);
          const rig = createRig({ a: [pieces(type, parts)], b: [] }, withRetry);
          expect(await finish(rig)).toBe(`a 1: ${before}${after}`.replace("\uFEFF", ""));
          expectSettled(rig);
        }),
        { numRuns: 8 },
      );
    },
  );
});

describe("where a head leaves with the first byte of its body", () => {
  const timeouts = {
    connect: 1_000,
    request: 1_000,
    firstToken: 3_000,
    stall: 5_000,
    total: 60_000,
    idle: 60_000,
  };
  const streaming = { body: { type: "kept", bytes: encoder.encode('{"stream":true}') } } as const;
  const plain = { body: { type: "kept", bytes: encoder.encode("{}") } } as const;

  it.each([
    ["silence for first_token", pieces(SSE, [], "stays"), streaming, "first_token_timeout"],
    ["silence for stall", pieces(SSE, [], "stays"), plain, "stall"],
    ["a cut", pieces(SSE, [], "breaks"), plain, "cut"],
  ] as const)("%s before it is answered", async (_name, step, request, kind) => {
    const rig = createRig({ a: [step] }, { client: { timeouts }, headLeavesWithBody: true });
    const sent = rig.send(request);
    await settle();
    await rig.clock.advance(6_000);
    expect((await sent).result).toMatchObject({ type: "failure", failure: { failure: { kind } } });
    expectSettled(rig);
  });

  it("a cut before it is answered once tries run out", async () => {
    const cut = pieces(SSE, [], "breaks");
    const client = { retry: { attempts: 1, initial: 500 } };
    const rig = createRig({ a: [cut], b: [cut] }, { client, headLeavesWithBody: true });
    expect(await finish(rig)).toBe("b 2: failure upstream");
    expectSettled(rig);
  });

  it.each<[string, readonly string[]]>([
    ["a body", [ROLE, HELLO]],
    ["an empty body", []],
  ])("%s is passed on untouched", async (_name, parts) => {
    const rig = createRig({ a: [pieces(SSE, parts)] }, { headLeavesWithBody: true });
    expect(await finish(rig)).toBe(`a 1: ${parts.join("")}`);
    expectSettled(rig);
  });
});

describe("timeout.first_token", () => {
  const timeouts = {
    connect: 10_000,
    request: 300_000,
    firstToken: 3_000,
    stall: 60_000,
    total: 600_000,
    idle: 60_000,
  };
  const streaming = { body: { type: "kept", bytes: encoder.encode('{"stream":true}') } } as const;
  const hangs: Step = ({ signal }) =>
    new Promise((_resolve, reject) => signal.addEventListener("abort", () => reject(signal.reason)));

  it("moves on while nothing went to the client", async () => {
    const rig = createRig(
      { a: [pieces(SSE, [ROLE], "stays")], b: [good] },
      { client: { ...withRetry.client, timeouts } },
    );
    expect(await finish(rig, streaming)).toBe(`b 2: ${ROLE}${HELLO}`);
    expect(rig.clock.now()).toBeLessThan(3_600);
    expectSettled(rig);
  });

  it("is an answer of its own when none is left", async () => {
    const rig = createRig({ a: [hangs] }, { client: { timeouts } });
    const answer = rig.send(streaming);
    await settle();
    await rig.clock.advance(13_200);
    expect((await answer).result).toMatchObject({ failure: { failure: { kind: "first_token_timeout" } } });
    expectSettled(rig);
  });

  it("cuts what has begun", async () => {
    const rig = createRig({ a: [pieces(SSE, [ROLE], "stays")] }, { client: { timeouts } });
    expect(await finish(rig, streaming)).toBe("a 1: broken");
    expect(rig.ends).toEqual(["first_token_timeout"]);
    expectSettled(rig);
  });

  it("holds for nobody who wants no stream", async () => {
    const rig = createRig({ a: [hangs] }, { client: { timeouts: { ...timeouts, request: 20_000 } } });
    const answer = rig.send({ body: { type: "kept", bytes: encoder.encode('{"stream":false}') } });
    await settle();
    await rig.clock.advance(30_200);
    expect((await answer).result).toMatchObject({ failure: { failure: { kind: "request_timeout" } } });
  });

  it("never ends a stream that flows", async () => {
    const rig = createRig({ a: [pieces(SSE, [HELLO], "stays")] }, { client: { timeouts } });
    const { result } = await rig.send(streaming);
    if (result.type !== "answer") throw new Error("no answer");
    const reader = new Response(result.answer.passOn()).body?.getReader();
    await reader?.read();
    await rig.clock.advance(50_000);
    expect(rig.ends).toEqual([]);
    await reader?.cancel();
    expectSettled(rig);
  });
});

describe("a refused key", () => {
  it("cools its upstream down, so that it never becomes the fastest one", async () => {
    const unauthorized: Step = () => new Response("", { status: 401 });
    const slow: Step = () => new Response("ok");
    const rig = createRig(
      { a: [unauthorized, unauthorized, unauthorized], b: Array.from({ length: 60 }, () => slow) },
      {
        ...withRetry,
        strategy: "response_aware",
        upstream: { auth: { type: "bearer", token: new Secret("k") } },
      },
    );
    for (let i = 0; i < 50; i += 1) expect(await finish(rig)).toMatch(/^b/);
    expect(rig.calls.filter(({ upstream }) => upstream === "a").length).toBe(3);
    expect(rig.upstreams[0]?.state(rig.clock.now())).toBe("cooling");
  });
});
