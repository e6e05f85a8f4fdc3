import { errors } from "undici";
import { TransportError } from "../../../src/runtime/runtime.ts";
import { toConnectError } from "../node-api/connect/error.ts";

/** The `code` of an error of Node's or undici's, of its first part where it stands for several attempts. */
export function codeOf(error: unknown): string {
  if (typeof error !== "object" || error === null) return "";
  if ("code" in error && typeof error.code === "string") return error.code;
  return error instanceof AggregateError ? codeOf(error.errors[0]) : "";
}

export function messageOf(error: unknown): string {
  if (error instanceof AggregateError && error.message === "") return messageOf(error.errors[0]);
  return error instanceof Error ? error.message : String(error);
}

/**
 * What is wrong with an answer, by undici's codes, or by messages of undici or its parser where there is no code
 * or the message is unclear. With a content-length undici calls any malformed part a mismatch.
 */
const ANSWER_FAULTS: Readonly<Record<string, string>> = {
  UND_ERR_HEADERS_OVERFLOW: "a head of more than 64 KiB",
  UND_ERR_RES_CONTENT_LENGTH_MISMATCH: "a malformed head, or a content-length that does not fit",
  "Expected HTTP/, RTSP/ or ICE/": "a head that is not HTTP",
  "bad response": "bytes before the request was sent",
  "bad upgrade": "a 101 that was not asked for",
};

/**
 * Why an exchange broke after its request began to be sent (`sent`), or before.
 *
 * @param stale whether no byte came over a connection that had been used before
 */
export function toTransportError(error: unknown, sent: boolean, stale = false): TransportError {
  if (error instanceof TransportError) return error;
  if (!sent) return toConnectError(error, "tcp");
  const options = { cause: error };
  const fault = answerFault(error);
  if (fault !== undefined) return new TransportError("bad_response", false, fault, options);
  return new TransportError("reset", false, messageOf(error), { ...options, stale });
}

function answerFault(error: unknown): string | undefined {
  const known = ANSWER_FAULTS[codeOf(error)] ?? ANSWER_FAULTS[messageOf(error)];
  // Not every error of the parser has a code. Its reason is in parentheses, and never has a part of the answer.
  if (known !== undefined || !(error instanceof errors.HTTPParserError)) return known;
  const said = /\((.+)\)$/.exec(error.message)?.[1] ?? "a head that is not HTTP";
  return ANSWER_FAULTS[said] ?? said;
}
