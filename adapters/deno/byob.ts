/** A reader into one's own memory. Only streams of bytes have one: what Deno itself reads from a connection. */
export function byobReader(body: ReadableStream | null): ReadableStreamBYOBReader | undefined {
  try {
    return body?.getReader({ mode: "byob" });
  } catch {
    return undefined;
  }
}
