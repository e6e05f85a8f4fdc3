import type { Stats } from "node:fs";
import { constants } from "node:fs";
import { type FileHandle, open, stat } from "node:fs/promises";
import { codeOf, messageOf } from "./system-error.ts";

/** Largest file that is read (bytes). The largest configs have thousands of routes and less than 1 MiB. */
const MAX_FILE = 16 * 2 ** 20;
const PIECE = 64 * 1024;
/** So long may the other end of a pipe be silent (ms). */
const PATIENCE = 10_000;
const PAUSE = 10;

const READ_ERRORS: Readonly<Record<string, string>> = {
  ENOENT: "no such file",
  EACCES: "permission denied",
  ELOOP: "its symbolic links lead in a circle",
  ENOTDIR: "a part of its path is not a directory",
};

/**
 * Reads a UTF-8 file of at most 16 MiB, without its byte order mark; the message of the error says why it can't,
 * without the path. A pipe is read too (`-c <(render config)`), but no device, and nothing is waited for without end.
 */
export async function readTextFile(path: string): Promise<string> {
  try {
    const problem = kindProblem(await stat(path));
    if (problem !== undefined) throw new Error(problem);
    // Opening a pipe without a writer would wait for one.
    const file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK);
    try {
      return decode(await readBytes(file));
    } finally {
      await file.close();
    }
  } catch (error) {
    throw new Error(READ_ERRORS[codeOf(error)] ?? messageOf(error), { cause: error });
  }
}

function kindProblem(stats: Stats): string | undefined {
  if (stats.isFile() || stats.isFIFO()) return undefined;
  if (stats.isDirectory()) return "is a directory";
  return stats.isSocket() ? "is a socket, expected a file" : "is a device, expected a file";
}

async function readBytes(file: FileHandle): Promise<Uint8Array> {
  const pieces: Uint8Array[] = [];
  let size = 0;
  for (;;) {
    const piece = new Uint8Array(PIECE);
    const { bytesRead } = await readSome(file, piece);
    if (bytesRead === 0) return Buffer.concat(pieces);
    size += bytesRead;
    if (size > MAX_FILE) throw new Error(`is larger than ${MAX_FILE / 2 ** 20} MiB`);
    pieces.push(piece.subarray(0, bytesRead));
  }
}

/** Waits while a pipe has nothing yet. */
async function readSome(file: FileHandle, into: Uint8Array): Promise<{ readonly bytesRead: number }> {
  for (let waited = 0; waited < PATIENCE; waited += PAUSE) {
    try {
      return await file.read(into);
    } catch (error) {
      if (codeOf(error) !== "EAGAIN") throw error;
      await new Promise((resolve) => setTimeout(resolve, PAUSE));
    }
  }
  throw new Error(`gave nothing for ${PATIENCE / 1000} s`);
}

function decode(bytes: Uint8Array): string {
  const [first, second] = bytes;
  if (first === 0xff && second === 0xfe) throw new Error("is UTF-16, expected UTF-8");
  const decoder = new TextDecoder("utf-8", { fatal: true });
  try {
    return decoder.decode(bytes);
  } catch {
    throw new Error(`is not UTF-8 (line ${lineOfBadBytes(bytes)})`);
  }
}

/** The first line that is no UTF-8, from 1. No character has a line feed inside. */
function lineOfBadBytes(bytes: Uint8Array): number {
  const decoder = new TextDecoder("utf-8", { fatal: true });
  let line = 1;
  for (let start = 0; start < bytes.length; line += 1) {
    const feed = bytes.indexOf(0x0a, start);
    const end = feed < 0 ? bytes.length : feed;
    try {
      decoder.decode(bytes.subarray(start, end));
    } catch {
      return line;
    }
    start = end + 1;
  }
  return line;
}
