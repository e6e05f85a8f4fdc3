/** What random answers are made of. */

const event = (value: unknown): string => `data: ${JSON.stringify(value)}\n\n`;
const line = (value: unknown): string => `${JSON.stringify(value)}\n`;
const choice = (delta: object): object => ({ choices: [{ index: 0, delta }] });
const ROLE = choice({ role: "assistant", content: "" });
const failure = (message: string): object => ({ error: { type: "server_error", message } });

/** Forms of answers: their type, and each chunk. All but the meaningless bytes are looked into. */
const FORMS = {
  bytes: { type: undefined, chunk: (pad: string) => pad },
  stream: { type: "text/event-stream", chunk: (pad: string) => event(choice({ content: pad })) },
  "late stream": {
    type: "text/event-stream",
    chunk: (pad: string, i: number) =>
      i === 0 ? event({ ...ROLE, id: pad }) : event(choice({ content: pad })),
  },
  "empty stream": { type: "text/event-stream", chunk: (pad: string) => `: ${pad}\n\n` },
  "role stream": { type: "text/event-stream", chunk: (pad: string) => event({ ...ROLE, id: pad }) },
  "error stream": { type: "text/event-stream", chunk: (pad: string) => event(failure(pad)) },
  lines: {
    type: "application/x-ndjson",
    chunk: (pad: string) => line({ done: false, message: { role: "assistant", content: pad } }),
  },
  "empty lines": {
    type: "application/x-ndjson",
    chunk: (pad: string) => line({ done: false, id: pad, message: { role: "assistant", content: "" } }),
  },
  "error lines": { type: "application/x-ndjson", chunk: (pad: string) => line(failure(pad)) },
  document: {
    type: "application/json",
    chunk: (pad: string, i: number) =>
      i === 0 ? JSON.stringify({ id: pad, choices: [] }) : " ".repeat(pad.length),
  },
  "error document": {
    type: "application/json",
    chunk: (pad: string, i: number) => (i === 0 ? JSON.stringify(failure(pad)) : " ".repeat(pad.length)),
  },
} as const;

export type Form = keyof typeof FORMS;

export const FORM_NAMES = Object.keys(FORMS) as Form[];
const MARKS = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";

/** Chunk number `index` of an answer, with `size` characters that only the call of that mark has. */
export function chunkOf(form: Form, size: number, mark: number, index: number): string {
  return FORMS[form].chunk((MARKS[mark % MARKS.length] ?? "").repeat(size), index);
}

/** Index of the chunk by which a stream's fate is known at the latest. */
export function decidingChunk(form: Form): number {
  if (form === "late stream") return 1;
  return form === "empty stream" || form === "role stream" || form === "empty lines"
    ? Number.POSITIVE_INFINITY
    : 0;
}

export function mediaTypeOf(form: Form): string | undefined {
  return FORMS[form].type;
}
