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
