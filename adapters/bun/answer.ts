import type { ByteStream, Bytes } from "../../src/runtime.ts";

/**
 * An answer in the form in which Bun keeps its fields.
 *
 * Bun sends every stream in chunks and drops content-length; bytes it sends with their length. So a stream that comes
 * in one piece is turned into bytes. Nothing is held back by that: no head leaves before the first byte of its body.
 * On the other hand Bun invents a content-type for bytes that have none, and for streams it doesn't.
 *
 * @param streaming whether the body is a stream and not bytes
 */
export function forBun(response: Response, streaming: boolean): Response | Promise<Response> {
  const { body, headers } = response;
  if (!headers.has("content-type")) {
    return streaming || body === null ? response : as(response, resume(body.getReader()));
  }
  const length = streaming ? headers.get("content-length") : null;
  return length === null || body === null ? response : inOnePiece(response, body, Number(length));
}

async function inOnePiece(response: Response, body: ByteStream, length: number): Promise<Response> {
  const reader: ReadableStreamDefaultReader<Bytes> = body.getReader();
  const first = await step(reader);
  if (first.type !== "chunk" || first.bytes.byteLength !== length) return as(response, resume(reader, first));
  const next = await step(reader);
  return as(response, next.type === "done" ? first.bytes : resume(reader, first, next));
}

/** What a read brought. */
type Step =
  | { readonly type: "chunk"; readonly bytes: Bytes }
  | { readonly type: "done" }
  | { readonly type: "failed"; readonly error: unknown };

async function step(reader: ReadableStreamDefaultReader<Bytes>): Promise<Step> {
  try {
    const { done, value } = await reader.read();
    return done ? { type: "done" } : { type: "chunk", bytes: value };
  } catch (error) {
    return { type: "failed", error };
  }
}

/** A body again: the steps that were taken, then the rest as it comes. */
function resume(reader: ReadableStreamDefaultReader<Bytes>, ...taken: Step[]): ByteStream {
  return new ReadableStream<Bytes>(
    {
      async pull(controller) {
        const next = taken.shift() ?? (await step(reader));
        if (next.type === "chunk") controller.enqueue(next.bytes);
        else if (next.type === "done") controller.close();
        else controller.error(next.error);
      },
      cancel: (reason) => reader.cancel(reason),
    },
    { highWaterMark: 0 },
  );
}

function as({ status, statusText, headers }: Response, body: ByteStream | Bytes): Response {
  return new Response(body, { status, statusText, headers });
}
