/** The rows that do not hold, by whose objects they are, and why. A row that holds has no place here. */

import type { Differences } from "./maker.ts";

const BYTES = ["a request", "a response of bytes"] as const;
const ALL = [...BYTES, "a response of a stream"] as const;

/** One reason for the bodies of all messages. */
const ofMessages = (what: string, reason: string, kinds: readonly string[] = ALL): Differences =>
  Object.fromEntries(kinds.map((kind) => [`the body of ${kind} ${what}`, reason]));

const READER_OF_BUN = "Bun takes a body of bytes for used as soon as it has a reader";

/** The light objects of Node's adapter. */
export const OF_LIGHT: Differences = {
  "header fields are iterated in the order of their names": "they pass in the order in which they came",
  "spaces around a header field's value are no part of it": "the parser that they come from has dropped them",
  "a header field that HTTP does not allow is refused with a TypeError":
    "the parser has refused it, and node:http refuses to write it",
  "a signal can be made of others":
    "AbortSignal.any looks for the inside of a native one, and the core has no use for it",
  "a response with a status that has no body refuses one with a TypeError":
    "the core gives such a status no body, and the server would not write it",
};

const USUAL_PHRASE = "Deno's server writes the usual reason phrase of a status, whatever an answer has";

/** The objects of Deno's adapter. */
export const OF_DENO: Differences = {
  "a response has its status, its reason phrase and its header fields": USUAL_PHRASE,
  "a response is enough to make another one with its head": USUAL_PHRASE,
  "a response's clone has the same head, and each has the whole body": USUAL_PHRASE,
  ...pick(OF_LIGHT, [
    "header fields are iterated in the order of their names",
    "spaces around a header field's value are no part of it",
    "a header field that HTTP does not allow is refused with a TypeError",
    "a signal can be made of others",
  ]),
  "header fields can be copied into the runtime's own, set-cookie by set-cookie":
    "Deno looks for the inside of a native Headers, and the core copies field by field",
  "a response of no bytes has a body all the same, which is empty": "Deno takes no bytes for no body",
  "a watched body is told of alike when a response reads it":
    "an end that comes while a chunk waits for the response is told of without a wait",
};

function pick(differences: Differences, names: readonly string[]): Differences {
  return Object.fromEntries(Object.entries(differences).filter(([name]) => names.includes(name)));
}

/** The runtimes' own objects. */
export const OF_NATIVE: Readonly<Record<"node" | "bun" | "deno", Differences>> = {
  node: "bytes" in Response.prototype ? {} : ofMessages("is read as bytes", "Node 20 has no bytes()"),
  bun: {
    "header fields can be copied into the runtime's own, set-cookie by set-cookie":
      "Bun puts set-cookie last, whatever else there is",
    "header fields are iterated in the order of their names":
      "Bun puts set-cookie last, whatever else there is",
    "a response with a status that has no body refuses one with a TypeError":
      "Bun takes it, and sends no body",
    ...ofMessages("that has a reader is not to be read as text", READER_OF_BUN, BYTES),
    ...ofMessages("is used when something was read of it, not when it was looked at", READER_OF_BUN, BYTES),
  },
  deno: {
    "the cookies of several cookie fields are one list of cookies":
      "Deno joins them by commas like other fields",
    "a response of no bytes has a body all the same, which is empty": "Deno takes no bytes for no body",
  },
};
