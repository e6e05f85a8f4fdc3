import fc from "fast-check";
import { type ByteStream, type Bytes, type FetchInit, TransportError } from "../../src/runtime/runtime.ts";
import type { FakeClock } from "./fake-clock.ts";
import { chunkOf, FORM_NAMES, type Form, mediaTypeOf } from "./random-answers.ts";
import type { Step } from "./scripted-upstreams.ts";

/** A body that comes in chunks, each after some silence (ms), and then ends in one of three ways. */
export interface BodyScript {
  readonly chunks: readonly { readonly after: number; readonly size: number }[];
  readonly ending: "close" | "error" | "hang";
}

/** What an upstream does with one call. */
export type Behaviour =
  | {
      readonly type: "fails";
      readonly kind: TransportError["kind"];
      readonly sent: boolean;
      readonly stale: boolean;
      readonly after: number;
    }
  | { readonly type: "hangs" }
  | {
      readonly type: "answers";
      readonly status: number;
      readonly retryAfter: string | undefined;
      readonly after: number;
      /** Whether it reads the request's body before it answers. */
      readonly reads: boolean;
      /** Whether its answer comes at the moment in which the call is aborted. */
      readonly late: boolean;
      readonly body: BodyScript;
      /** A form of answer that is looked into. */
      readonly form: Form;
    };

const silence = fc.constantFrom(0, 0, 1, 30, 90, 250, 700);

export const bodyScripts: fc.Arbitrary<BodyScript> = fc.record({
  chunks: fc.array(fc.record({ after: silence, size: fc.constantFrom(1, 40, 400, 70_000) }), {
    maxLength: 4,
  }),
  ending: fc.constantFrom("close", "close", "close", "error", "hang"),
});

const answering = fc.record({
  type: fc.constant("answers" as const),
  status: fc.constantFrom(
    200,
    200,
    200,
    204,
    302,
    400,
    401,
    404,
    408,
    413,
    429,
    500,
    502,
    503,
    504,
    529,
    700,
  ),
  retryAfter: fc.constantFrom(undefined, undefined, "0", "1", "4", "40", "soon"),
  after: silence,
  reads: fc.boolean(),
  late: fc.constantFrom(false, false, false, true),
  body: bodyScripts,
  form: fc.oneof(fc.constant("bytes" as const), fc.constantFrom(...FORM_NAMES)),
});

const failing = fc.record({
  type: fc.constant("fails" as const),
  kind: fc.constantFrom(
    "refused",
    "dns",
    "tls",
    "no_socket",
    "connect_timeout",
    "reset",
    "reset",
    "bad_response",
  ),
  sent: fc.boolean(),
  stale: fc.boolean(),
  after: silence,
});

export const behaviours: fc.Arbitrary<Behaviour> = fc.oneof(
  { weight: 6, arbitrary: answering },
  { weight: 3, arbitrary: failing },
  { weight: 1, arbitrary: fc.constant({ type: "hangs" as const }) },
);

/** A body that plays its script; `signal` breaks it off. `onEnd` is called once, whatever ends it. */
export function playBody(
  { chunks, ending }: BodyScript,
  {
    make,
    clock,
    signal,
    onEnd,
  }: {
    make: (size: number, index: number) => Bytes;
    clock: FakeClock;
    signal?: AbortSignal;
    onEnd?: (wasBroken: boolean) => void;
  },
): ByteStream {
  const left = [...chunks];
  let over = false;
  function end(how: () => void, wasBroken = false): void {
    if (over) return;
    over = true;
    how();
    onEnd?.(wasBroken);
  }
  return new ReadableStream<Bytes>(
    {
      start(controller) {
        const abort = (): void => end(() => controller.error(signal?.reason));
        if (signal?.aborted) abort();
        else signal?.addEventListener("abort", abort);
      },
      async pull(controller) {
        const chunk = left.shift();
        if (chunk !== undefined) {
          await wait(chunk.after, clock);
          if (!over) controller.enqueue(make(chunk.size, chunks.length - left.length - 1));
        } else if (ending === "close") end(() => controller.close());
        else if (ending === "error") end(() => controller.error(new Error("broken")), true);
        else return new Promise(() => {});
      },
      cancel: () => end(() => {}),
    },
    { highWaterMark: 0 },
  );
}

export function wait(ms: number, clock: FakeClock): Promise<void> {
  return ms === 0 ? Promise.resolve() : new Promise((resolve) => clock.after(ms, resolve));
}

/** A call's answer is marked, so that a client can tell whose bytes it got. */
export interface Player {
  readonly clock: FakeClock;
  /** Called with each call; the function returned is called once when the call is over. */
  readonly begin: (init: FetchInit) => { readonly mark: number; readonly end: () => void };
}

/** A step that behaves so. */
export function play(behaviour: Behaviour, player: Player): Step {
  return (init) => {
    const { mark, end } = player.begin(init);
    const { signal } = init;
    return new Promise<Response>((resolve, reject) => {
      function fail(error: unknown): void {
        end();
        reject(error);
      }
      const answer = (): void => resolve(answerOf(behaviour, init, mark, end, player.clock));
      const isLate = behaviour.type === "answers" && behaviour.late;
      const onAbort = (): void => (isLate ? answer() : fail(signal.reason));
      if (signal.aborted) return onAbort();
      signal.addEventListener("abort", onAbort);
      if (behaviour.type === "hangs") return;
      const waited = wait(behaviour.after, player.clock);
      if (behaviour.type === "answers") {
        const upload = takeUpload(init, behaviour.reads);
        Promise.all([waited, upload]).then(answer, (cause: unknown) =>
          fail(new TransportError("reset", false, "the upload broke", { cause })),
        );
        return;
      }
      const { kind, sent, stale } = behaviour;
      const nothingSent =
        ["refused", "dns", "tls", "no_socket"].includes(kind) || (kind === "connect_timeout" && !sent);
      void waited.then(() =>
        fail(
          new TransportError(kind, nothingSent, kind, { stale: kind === "reset" && stale && !init.fresh }),
        ),
      );
    });
  };
}

function answerOf(
  behaviour: Behaviour,
  { method, signal }: FetchInit,
  mark: number,
  end: () => void,
  clock: FakeClock,
): Response {
  if (behaviour.type !== "answers") throw new TypeError("no answer");
  const { status, retryAfter, body, form } = behaviour;
  const type = mediaTypeOf(form);
  const isBare = status === 204 || method === "HEAD";
  if (isBare) end();
  const stream = isBare
    ? null
    : playBody(body, {
        make: (size, i) => new TextEncoder().encode(chunkOf(form, size, mark, i)),
        clock,
        signal,
        onEnd: end,
      });
  return toAnswer(status, stream, {
    "x-call": String(mark),
    ...(type !== undefined && { "content-type": type }),
    ...(retryAfter !== undefined && { "retry-after": retryAfter }),
  });
}

/** A status that no Response takes has to come from a client that takes it. */
function toAnswer(status: number, body: ByteStream | null, headers: Record<string, string>): Response {
  if (status < 600) return new Response(body, { status, headers });
  return { status, statusText: "", headers: new Headers(headers), body } as Response;
}

async function takeUpload({ body, signal, onProgress }: FetchInit, reads: boolean): Promise<void> {
  if (!(body instanceof ReadableStream)) return onProgress();
  if (!reads) return body.cancel();
  const reader = body.getReader();
  signal.addEventListener("abort", () => void reader.cancel().catch(() => {}));
  while (!(await reader.read()).done) onProgress();
}
