import type { Socket } from "node:net";
import { type ChunkMender, createChunkMender } from "./chunks.ts";
import { type HeadTraits, mendHead, traitsOf } from "./head.ts";

/** Larger heads are left to the parser, which refuses them (bytes). */
const MAX_HEAD = 65_536;
const NOTHING = Buffer.alloc(0);

/** The input of a connection to an upstream, on its way from the socket to undici's parser. */
export interface Wire {
  /** Call it before a request is written: the next bytes are its answer. */
  expectAnswer(): void;
}

/**
 * Puts a mender between `socket` and undici, whose parser refuses answers that nginx passes: it drops unrequested
 * interim answers (RFC 9110 §15.2) and mends odd heads and chunks. Other bytes pass as they are.
 */
export function createWire(socket: Socket): Wire {
  const read = socket.read.bind(socket) as (size?: number) => Buffer | null;
  const unshift = socket.unshift.bind(socket);
  let mender: Mender | undefined;
  /** Whether the next bytes are an answer's first. */
  let isExpecting = false;
  /** How many bytes at the front of the socket's buffer undici has put back: they are mended already. */
  let back = 0;

  socket.read = (size?: number): Buffer | null => {
    const chunk = read(size);
    if (chunk === null) return null;
    if (isExpecting) {
      isExpecting = false;
      // Most answers need no mender: their head comes whole, and is well-formed.
      mender = isPlain(chunk) ? undefined : createMender();
    }
    if (mender === undefined) return chunk;
    const old = Math.min(back, chunk.length);
    back -= old;
    if (old === chunk.length) return chunk;
    const mended = mender.push(old === 0 ? chunk : chunk.subarray(old));
    if (mender.isOver()) mender = undefined;
    if (old > 0) return Buffer.concat([chunk.subarray(0, old), mended]);
    return mended.length === 0 ? null : mended;
  };
  socket.unshift = (chunk: Buffer, encoding?: BufferEncoding): void => {
    if (mender !== undefined) back += chunk.length;
    unshift(chunk, encoding);
  };

  return {
    expectAnswer() {
      isExpecting = true;
      mender = undefined;
      back = 0;
    },
  };
}

/** Whether these bytes, and those that follow them, pass as they are: there is nothing to mend or to drop. */
function isPlain(bytes: Buffer): boolean {
  if (!mayBeHttp(bytes) || isInterim(bytes)) return false;
  const traits = traitsOf(bytes);
  return traits !== undefined && !traits.isOdd && !traits.isChunked;
}

/** Mends the bytes of one answer. */
export interface Mender {
  /** Returns what can be passed on, which may be nothing yet. */
  push(bytes: Buffer): Buffer;
  /** Whether further bytes pass as they are. */
  isOver(): boolean;
}

/** Creates a mender for one answer and the interim answers before it. */
export function createMender(): Mender {
  let head: Buffer | undefined;
  let chunks: ChunkMender | undefined;
  let isOver = false;

  function pass(bytes: Buffer): Buffer {
    isOver = true;
    return bytes;
  }

  function pushHead(more: Buffer): Buffer {
    let bytes = withoutEmptyLines(head === undefined ? more : Buffer.concat([head, more]));
    head = undefined;
    for (;;) {
      if (!mayBeHttp(bytes)) return pass(bytes);
      const traits = traitsOf(bytes);
      if (traits === undefined) {
        if (bytes.length > MAX_HEAD) return pass(bytes);
        head = bytes;
        return NOTHING;
      }
      if (!isInterim(bytes)) return endHead(bytes, traits);
      bytes = withoutEmptyLines(bytes.subarray(traits.end));
    }
  }

  function endHead(bytes: Buffer, { end, isOdd, isChunked }: HeadTraits): Buffer {
    const rest = bytes.subarray(end);
    if (!isChunked) isOver = true;
    else chunks = createChunkMender();
    const body = chunks === undefined ? rest : pushChunks(chunks, rest);
    if (!isOdd && body === rest) return bytes;
    const raw = bytes.subarray(0, end);
    return Buffer.concat([isOdd ? mendHead(raw) : raw, body]);
  }

  function pushChunks(mender: ChunkMender, bytes: Buffer): Buffer {
    const mended = mender.push(bytes);
    isOver = mender.isOver;
    return mended;
  }

  return {
    push: (bytes) => (chunks === undefined ? pushHead(bytes) : pushChunks(chunks, bytes)),
    isOver: () => isOver,
  };
}

/** Empty lines before a message are ignored (RFC 9112 §2.2). */
function withoutEmptyLines(bytes: Buffer): Buffer {
  let at = 0;
  while (bytes[at] === 10 || bytes[at] === 13) at += 1;
  return at === 0 ? bytes : bytes.subarray(at);
}

const VERSION = Buffer.from("HTTP/");
/** Where the status begins in a status line. */
const STATUS_START = "HTTP/1.1 ".length;
const ONE = 0x31;

function mayBeHttp(bytes: Buffer): boolean {
  const length = Math.min(bytes.length, VERSION.length);
  return bytes.compare(VERSION, 0, length, 0, length) === 0;
}

/** A 1xx, other than the 101 that ends HTTP on the connection. */
function isInterim(bytes: Buffer): boolean {
  if (bytes[STATUS_START] !== ONE) return false;
  const status = bytes.toString("latin1", STATUS_START, STATUS_START + 3);
  return /^1\d\d$/.test(status) && status !== "101";
}
