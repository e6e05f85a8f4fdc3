import type { BodyWatcher, ByteStream, Bytes, Handler, Runtime } from "../../../src/runtime/runtime.ts";

const NOBODY: BodyWatcher = { waiting() {}, chunk() {}, end() {} };

/** A handler for tests: what it does is in the path and the query. */
export function createHandler({
  watchBody,
  createResponse,
}: Pick<Runtime, "watchBody" | "createResponse">): Handler {
  const watched = (stream: ByteStream) => watchBody(stream, NOBODY).stream();
  const answer = (body: ByteStream | Bytes, headers: Readonly<Record<string, string>>) =>
    createResponse(body, { status: 200, statusText: "", headers: Object.entries(headers) });
  return async (request, peer) => {
    const { pathname, searchParams } = new URL(request.url, "http://any");
    const gap = Number(searchParams.get("gap") ?? 0);
    const length = searchParams.get("length");
    const headers: Record<string, string> = { "content-type": "text/plain" };
    if (length !== null) headers["content-length"] = length;
    switch (pathname) {
      case "/peer":
        return Response.json({ ...peer, host: request.headers.get("host") });
      case "/throw":
        throw new Error("a secret of the handler's");
      case "/late":
        await pause(gap);
        return new Response("late", { headers });
      case "/pieces":
        return answer(watched(pieces(["one", "two"], gap)), headers);
      case "/cut":
        return answer(watched(pieces(["one", new Error("cut")], gap)), headers);
      case "/piece":
        return answer(watched(pieces(["one"], gap)), headers);
      case "/untyped":
        return answer(new TextEncoder().encode("bytes"), {});
      case "/cookies":
        return new Response("", {
          headers: [
            ["set-cookie", "a=1"],
            ["set-cookie", "b=2"],
          ],
        });
      default:
        return new Response(request.body === null ? "ok" : await request.text(), { headers });
    }
  };
}

/** A stream of these, each after `gap` ms; an error breaks it. */
function pieces(parts: readonly (string | Error)[], gap: number): ByteStream {
  const left = [...parts];
  return new ReadableStream<Bytes>(
    {
      async pull(controller) {
        if (gap > 0) await pause(gap);
        const part = left.shift();
        if (part === undefined) controller.close();
        else if (part instanceof Error) controller.error(part);
        else controller.enqueue(new TextEncoder().encode(part));
      },
    },
    { highWaterMark: 0 },
  );
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
