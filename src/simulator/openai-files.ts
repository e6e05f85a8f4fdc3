/** `/v1/files`. @see https://platform.openai.com/docs/api-reference/files */

import type { Bytes } from "../runtime/runtime.ts";
import { ApiError } from "./api-error.ts";
import { createdSeconds, type SimulatorContext } from "./call.ts";
import type { FileStore, StoredFile } from "./file-store.ts";
import { type FormVisitor, readForm } from "./multipart.ts";

/** The handlers of the files API, over one store. */
export function filesApi(store: FileStore) {
  const find = (context: SimulatorContext): StoredFile => {
    const id = context.req.param("id") ?? "";
    const file = store.get(id);
    if (file) return file;
    throw new ApiError(404, `No such File object: ${id}`, { param: "id" });
  };

  return {
    async upload(context: SimulatorContext): Promise<Response> {
      const call = context.var.call;
      const form = createCollector(call.settings.maxFileBytes);
      await readForm(context.req.raw, form.visitor);
      const { filename, purpose, size, content } = form.result();
      const object = {
        id: call.id("file-", 22),
        object: "file",
        bytes: size,
        created_at: createdSeconds(call),
        filename,
        purpose,
        status: "processed",
      } as const;
      store.put({ object, ...(content && { content }) });
      return Response.json(object);
    },

    list(context: SimulatorContext): Response {
      const { purpose, after, limit, order } = context.req.query();
      const all = store.list().filter((file) => purpose === undefined || file.purpose === purpose);
      const ordered = order === "asc" ? all.toReversed() : all;
      const rest = ordered.slice(ordered.findIndex((file) => file.id === after) + 1);
      const most = Number(limit);
      const data = most >= 1 ? rest.slice(0, most) : rest;
      const [first_id = null, last_id = null] = [data[0]?.id, data[data.length - 1]?.id];
      return Response.json({ object: "list", data, first_id, last_id, has_more: data.length < rest.length });
    },

    get: (context: SimulatorContext): Response => Response.json(find(context).object),

    content(context: SimulatorContext): Response {
      const { bytes } = context.var.call.settings;
      if (bytes !== undefined) return binary(generated(bytes), bytes);
      const { object, content } = find(context);
      if (content) return binary(content, content.byteLength, object.filename);
      throw new ApiError(
        400,
        `The content of ${object.id} was counted and not kept: it is too large, or too old.`,
      );
    },

    remove(context: SimulatorContext): Response {
      const { id } = find(context).object;
      return Response.json({ id, object: "file", deleted: store.remove(id) });
    },
  };
}

function binary(body: Bytes | ReadableStream<Bytes>, length: number, filename?: string): Response {
  const headers = new Headers({
    "content-type": "application/octet-stream",
    "content-length": String(length),
  });
  // RFC 6266 §4.3; a form's file name has no quotes.
  if (filename !== undefined && /^[\x20-\x7e]*$/.test(filename)) {
    headers.set("content-disposition", `attachment; filename="${filename}"`);
  }
  return new Response(body, { headers });
}

const CHUNK = 64 * 1024;
const CYCLE = 251;

/** `total` bytes that count from 0 to 250 and begin again, made as they are read. */
function generated(total: number): ReadableStream<Bytes> {
  const pattern = Uint8Array.from({ length: CHUNK + CYCLE }, (_, i) => i % CYCLE);
  let sent = 0;
  return new ReadableStream<Bytes>(
    {
      pull(controller) {
        const start = sent % CYCLE;
        const size = Math.min(CHUNK, total - sent);
        if (size > 0) controller.enqueue(pattern.slice(start, start + size));
        sent += size;
        if (sent === total) controller.close();
      },
    },
    { highWaterMark: 0 },
  );
}

/** Counts the form's file and keeps it up to `limit` bytes; of its fields only `purpose` matters. */
function createCollector(limit: number) {
  const MAX_FIELD = 1024;
  let filename: string | undefined;
  let purpose = "";
  let size = 0;
  let pieces: Bytes[] | undefined = [];
  let current: "file" | "purpose" | "other" = "other";
  const decoder = new TextDecoder();

  const visitor: FormVisitor = {
    part(name, partFilename) {
      current = name === "file" || name === "purpose" ? name : "other";
      if (current === "file") filename = partFilename ?? "file";
    },
    data(piece) {
      if (current === "purpose" && purpose.length < MAX_FIELD)
        purpose += decoder.decode(piece, { stream: true });
      if (current !== "file") return;
      size += piece.byteLength;
      if (size > limit) pieces = undefined;
      pieces?.push(piece.slice());
    },
  };

  return {
    visitor,
    result() {
      if (filename === undefined)
        throw new ApiError(400, "Missing required parameter: 'file'.", { param: "file" });
      if (purpose === "")
        throw new ApiError(400, "Missing required parameter: 'purpose'.", { param: "purpose" });
      return { filename, purpose, size, content: pieces && join(pieces, size) };
    },
  };
}

function join(pieces: readonly Bytes[], size: number): Bytes {
  const whole = new Uint8Array(size);
  let at = 0;
  for (const piece of pieces) {
    whole.set(piece, at);
    at += piece.byteLength;
  }
  return whole;
}
