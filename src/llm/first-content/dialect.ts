import type { JsonObject } from "../json.ts";

/**
 * Whether an event of one API is content. Undefined: it is none of that API's.
 *
 * Content is any text, reasoning, refusal, tool call, audio, or the reason why the answer ends: a whole but empty answer
 * is an answer. What only announces it (a role, an id, a ping, usage) is not.
 */
export type Dialect = (event: JsonObject) => boolean | undefined;
