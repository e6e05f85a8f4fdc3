/** Finds the first content of an LLM API's answer, or an error in place of it, as the bytes come. */

import { createDocumentScan } from "./document.ts";
import { judgeEvent } from "./event.ts";
import type { Finding, Scan } from "./finding.ts";
import { createLines } from "./lines.ts";
import { createSse } from "./sse.ts";

export interface Scanner extends Scan {
  /** Whether it is a stream, as opposed to one JSON document. */
  readonly streaming: boolean;
  /** Bytes after which an answer counts as content. */
  readonly limit: number;
}

/** A stream without content in this many bytes is passed on. */
const STREAM_LIMIT = 65_536;

/** An error is within this many bytes from the beginning of a document. */
const DOCUMENT_LIMIT = 4096;

const UNKNOWN: Finding = { type: "content", known: false };

/** Creates a scanner for a media type; undefined for other types, whose first byte counts as content. */
export function createScanner(contentType: string | null): Scanner | undefined {
  switch (contentType?.split(";", 1)[0]?.trim().toLowerCase()) {
    case "text/event-stream":
      return bounded(createSse(judgeEvent), true, STREAM_LIMIT);
    case "application/x-ndjson":
    case "application/ndjson":
    case "application/jsonl":
      return bounded(createLines(judgeLine), true, STREAM_LIMIT);
    case "application/json":
      return bounded(createDocumentScan(DOCUMENT_LIMIT), false, DOCUMENT_LIMIT);
    default:
      return undefined;
  }
}

function judgeLine(line: string): Finding | undefined {
  return line.trim() === "" ? undefined : judgeEvent("", line);
}

function bounded(scan: Scan, streaming: boolean, limit: number): Scanner {
  let size = 0;
  return {
    streaming,
    limit,
    push(bytes) {
      size += bytes.byteLength;
      return scan.push(bytes) ?? (size >= limit ? UNKNOWN : undefined);
    },
    end: scan.end,
  };
}
