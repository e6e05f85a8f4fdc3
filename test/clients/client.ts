/** What the suite asks of a client of LLM APIs: an SDK in this process, one in Python, curl, or a browser's page. */

/** Where a client sends its requests, and the header fields that it adds to them. */
export interface Target {
  /** `http://127.0.0.1:3000`: a base URL without the path that each client adds in its own way. */
  readonly origin: string;
  readonly headers: Readonly<Record<string, string>>;
}

export interface ToolCall {
  readonly name: string;
  readonly args: unknown;
}

/** How a call ended that did not end well. */
export interface Trouble {
  /** The name of the error class that an application would catch. */
  readonly type: string;
  readonly status: number | undefined;
  readonly message: string;
}

export interface Client {
  readonly name: string;
  /** Asks for an answer in one piece, and resolves with its text. */
  plain(target: Target): Promise<string>;
  /** Asks for a stream, and resolves with its texts, as they came. */
  stream(target: Target): Promise<readonly string[]>;
  /** Asks with {@link QUESTION} and the tool `get_weather`, and resolves with the call, put together by the client. */
  tool(target: Target): Promise<ToolCall>;
  /** Asks for a stream and leaves it after its first text. Rejects when there was none. */
  abort(target: Target): Promise<void>;
  /** Asks for what must fail, and tells how. @param retries how often the client may ask again by itself */
  fail(target: Target, retries: number): Promise<Trouble>;
  /** The class of the error for each status; curl has exit codes in their place. */
  readonly errors: Readonly<Record<400 | 429 | 500 | 502, string>>;
  /** What `message` says of an error of the proxy's own (502), where not its message. */
  readonly ownMessage?: RegExp;
  /** Whether it asks again by itself, when it is told to. */
  readonly retries?: true;
  /** Why it can't be run on this machine. */
  readonly skipHere?: string | false;
}

export const MODEL = "gpt-4o";
export const QUESTION = "What is the weather in Paris?";
export const KEY = "test-key";

export const WEATHER = {
  name: "get_weather",
  description: "The weather in a city",
  parameters: { type: "object" as const, properties: { city: { type: "string" } }, required: ["city"] },
};

/** The texts of a stream, those that are empty left out. */
export async function collect(texts: AsyncIterable<string | null | undefined>): Promise<readonly string[]> {
  const pieces: string[] = [];
  for await (const text of texts) if (text) pieces.push(text);
  return pieces;
}

/** Resolves with the first text of a stream, which is left there. */
export async function first(texts: AsyncIterable<string | null | undefined>): Promise<string> {
  for await (const text of texts) if (text) return text;
  throw new Error("the stream ended without a text");
}

/** Resolves with the error of a call that must fail. */
export async function failure(call: PromiseLike<unknown>): Promise<Error> {
  const result: unknown = await Promise.resolve(call).then(
    () => undefined,
    (error: unknown) => error,
  );
  if (result instanceof Error) return result;
  throw new Error(`expected an error, got ${String(result)}`);
}
