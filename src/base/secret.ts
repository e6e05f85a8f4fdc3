/**
 * A value that must not be seen: a key, a password, a header value that may carry one.
 * It prints as `***` however it is printed and is opened only by {@link Secret.reveal}, in the place that sends it.
 */
export class Secret {
  readonly #value: string;

  constructor(value: string) {
    this.#value = value;
  }

  /** The value itself. Call it where the value leaves for its destination, nowhere else. */
  reveal(): string {
    return this.#value;
  }

  toString(): string {
    return "***";
  }

  toJSON(): string {
    return "***";
  }

  /** What Node's, Bun's and Deno's `console.log` show. */
  [Symbol.for("nodejs.util.inspect.custom")](): string {
    return "***";
  }
}

/** What keys consist of, and what may hang on one. */
const WORDS = /[\w+=.&~-]{11,}/g;

/** What makes a word look like a key: its prefix, the form of a UUID, or a long run of letters and digits. */
const LIKE_A_KEY: readonly RegExp[] = [
  /^[sprg]k[-_]/i,
  /[\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12}/i,
  /(?=[A-Z]*\d)(?=\d*[A-Z])[A-Z\d]{16}/i,
  /[A-Z]{28}/i,
];

/**
 * A text for an operator in which what may be a key is `***`: one that was written where something else belongs can't be
 * known for one by its place. Short passwords can't be known at all.
 */
export function hideKeys(text: string): string {
  return text.replace(WORDS, (word) => (LIKE_A_KEY.some((like) => like.test(word)) ? "***" : word));
}
