/** The files that a config names: read once each, a few at a time. */

import type { FileContent } from "./references.ts";

const AT_ONCE = 16;

/** Reads files. What can't be read is said in the result: it never rejects. */
export async function readFiles(
  paths: Iterable<string>,
  readTextFile: (path: string) => Promise<string>,
): Promise<ReadonlyMap<string, FileContent>> {
  const contents = new Map<string, FileContent>();
  const left = new Set(paths).values();
  const readSome = async (): Promise<void> => {
    for (const path of left) contents.set(path, await readOne(path, readTextFile));
  };
  await Promise.all(Array.from({ length: AT_ONCE }, readSome));
  return contents;
}

async function readOne(path: string, readTextFile: (path: string) => Promise<string>): Promise<FileContent> {
  try {
    return { text: await readTextFile(path) };
  } catch (error) {
    return { problem: error instanceof Error ? error.message : String(error) };
  }
}
