/** Sends an answer at its pace: in one piece, or as a stream that ends its generation when its reader leaves. */

import type { Bytes } from "../runtime/runtime.ts";
import type { Call } from "./call.ts";
import { begin } from "./stats.ts";
import type { Part } from "./turn.ts";

/** JSON once all its tokens are due. Rejects when the client leaves first. */
export async function whole(call: Call, tokens: number, body: () => object): Promise<Response> {
  const settle = begin(call.stats);
  try {
    await call.pace.whole(tokens, call.signal);
  } catch (error) {
    settle("cancelled");
    throw error;
  }
  settle("completed");
  return Response.json(body());
}

/** Waits for each token of a part in turn. */
export type Tokens = (part: Part) => AsyncGenerator<string>;

/** A stream of frames; each leaves as one chunk when its token is due. */
export function streamed(
  call: Call,
  contentType: string,
  frames: (tokens: Tokens) => AsyncGenerator<string>,
): Response {
  const settle = begin(call.stats);
  const abort = new AbortController();
  const leave = (): void => {
    settle("cancelled");
    abort.abort(call.signal.reason);
  };
  call.signal.addEventListener("abort", leave, { once: true });
  const end = (how: "completed" | "cancelled" | "cut"): boolean => {
    call.signal.removeEventListener("abort", leave);
    return settle(how);
  };

  async function* tokens(part: Part): AsyncGenerator<string> {
    for (const token of part.tokens) {
      await call.pace.next(abort.signal);
      yield token;
    }
  }

  const source = frames(tokens);
  const encoder = new TextEncoder();
  const body = new ReadableStream<Bytes>(
    {
      async pull(controller) {
        try {
          const { done, value } = await source.next();
          if (abort.signal.aborted) return controller.error(abort.signal.reason);
          if (!done) return controller.enqueue(encoder.encode(value));
          end("completed");
          controller.close();
        } catch (error) {
          end(abort.signal.aborted ? "cancelled" : "cut");
          controller.error(error);
        }
      },
      cancel(reason) {
        end("cancelled");
        abort.abort(reason);
      },
    },
    // A frame is made only when it is read: a reader that stops holds nothing in memory.
    { highWaterMark: 0 },
  );
  return new Response(body, { headers: { "content-type": contentType, "cache-control": "no-cache" } });
}
