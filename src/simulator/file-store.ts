import type { Bytes } from "../runtime/runtime.ts";

/** OpenAI's file object. @see https://platform.openai.com/docs/api-reference/files/object */
export interface FileObject {
  readonly id: string;
  readonly object: "file";
  readonly bytes: number;
  /** Unix time, seconds. */
  readonly created_at: number;
  readonly filename: string;
  readonly purpose: string;
  readonly status: "processed";
}

export interface StoredFile {
  readonly object: FileObject;
  /** Absent when it was too large to keep, or had to make room. */
  readonly content?: Bytes;
}

/** Uploads in bounded memory: the oldest lose their content first, then their entry. */
export interface FileStore {
  put(file: StoredFile): void;
  get(id: string): StoredFile | undefined;
  remove(id: string): boolean;
  /** Newest first. */
  list(): readonly FileObject[];
}

/**
 * @param maxBytes of all contents together
 * @param maxFiles entries
 */
export function createFileStore(maxBytes: number, maxFiles: number): FileStore {
  /** In order of arrival. */
  const files = new Map<string, StoredFile>();
  let kept = 0;

  const drop = (id: string): boolean => {
    kept -= files.get(id)?.content?.byteLength ?? 0;
    return files.delete(id);
  };

  const makeRoom = (): void => {
    for (const id of files.keys()) {
      if (files.size <= maxFiles) break;
      drop(id);
    }
    for (const [id, { object, content }] of files) {
      if (kept <= maxBytes) break;
      files.set(id, { object });
      kept -= content?.byteLength ?? 0;
    }
  };

  return {
    put(file) {
      files.set(file.object.id, file);
      kept += file.content?.byteLength ?? 0;
      makeRoom();
    },
    get: (id) => files.get(id),
    remove: drop,
    list: () => Array.from(files.values(), ({ object }) => object).reverse(),
  };
}
