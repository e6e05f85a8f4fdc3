/** Watches an answer's body until its first content, or an error in place of it, is found. */

import { EMPTY_STREAM, ERROR_IN_ANSWER } from "../base/errors.ts";
import type { Finding } from "../llm/first-content/finding.ts";
import { createScanner } from "../llm/first-content/scanner.ts";
import type { Meaning } from "../llm/meaning.ts";
import type { OutgoingRequest } from "../message/request.ts";
import type { Attempt } from "./attempt.ts";

/** What is wrong with a 2xx answer: an error in it, or a stream without content. */
export interface Fault {
  /** The status that it means, 400–599. */
  readonly status: number;
  readonly meaning: Meaning | undefined;
  /** Value of the metric labels `error` and `reason`. */
  readonly reason: string;
}

export interface ContentWatch {
  /** Whether the answer is a stream. */
  readonly streaming: boolean;
  /** Bytes after which an answer counts as content. */
  readonly limit: number;
  /** Whether content or an error has been found, or the end came without either. */
  isDecided(): boolean;
  /** What is wrong with the answer, once that is known. */
  fault(): Fault | undefined;
  /** Takes the next bytes. */
  push(bytes: Uint8Array): void;
  /** The body has come whole. */
  end(): void;
}

/**
 * Creates the watch of an answer; undefined where there is nothing to look for: no 2xx, an encoded body, an unknown
 * media type. A JSON document is scanned only where it answers an inference request: elsewhere a field `error` may be a
 * normal part of it (as in a batch or a job).
 *
 * @param onDecided called once, when content or an error was found, or nothing at the end
 */
export function createContentWatch(
  { status, headers, body }: Response,
  attempt: Attempt,
  request: OutgoingRequest,
  onDecided: () => void,
): ContentWatch | undefined {
  if (body === null || status < 200 || status > 299) return undefined;
  const encoding = headers.get("content-encoding");
  if (encoding !== null && encoding !== "identity") return undefined;
  const scanner = createScanner(headers.get("content-type"));
  if (scanner === undefined) return undefined;
  if (
    !scanner.streaming &&
    !(request.method === "POST" && attempt.member.endpointAt(request.path) !== undefined)
  )
    return undefined;

  const { streaming, limit } = scanner;
  let isDecided = false;
  let fault: Fault | undefined;

  function decide(finding: Finding): void {
    isDecided = true;
    if (finding.type === "error") {
      blame({ status: finding.status, meaning: finding.meaning, reason: ERROR_IN_ANSWER });
    } else if (streaming && finding.known) attempt.firstToken();
    onDecided();
  }

  function blame(found: Fault): void {
    fault = found;
    attempt.assessed({ status: found.status, meaning: found.meaning }, found.reason);
  }

  return {
    streaming,
    limit,
    isDecided: () => isDecided,
    fault: () => fault,
    push(bytes) {
      if (isDecided) return;
      const finding = scanner.push(bytes);
      if (finding !== undefined) decide(finding);
    },
    end() {
      if (isDecided) return;
      const finding = scanner.end();
      if (finding !== undefined) return decide(finding);
      isDecided = true;
      // A whole stream without content is a failure; a document without any of the known fields is just another one.
      if (streaming) blame({ status: 502, meaning: undefined, reason: EMPTY_STREAM });
    },
  };
}
