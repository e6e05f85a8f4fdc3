/** What runs inside Bun and Deno: a runtime's members, called by the lines of standard input. */

import process from "node:process";
import { createInterface } from "node:readline";
import type {
  ByteStream,
  ClientOptions,
  Listener,
  ListenOptions,
  Runtime,
  UpstreamFetch,
} from "../../../src/runtime/runtime.ts";
import { createHandler } from "./handler.ts";

export type Command =
  | {
      readonly type: "fetch";
      readonly url: string;
      /** The same options for the same origin are the same client. */
      readonly client: ClientOptions;
      readonly method?: string;
      readonly headers?: readonly (readonly [string, string])[];
      readonly body?: string;
      /** Sends the body as a stream. */
      readonly streamed?: boolean;
      readonly repeatable?: boolean;
    }
  | { readonly type: "serve"; readonly options: Omit<ListenOptions, "refuse"> }
  | { readonly type: "drain" | "close"; readonly port: number }
  | { readonly type: "stats" | "env"; readonly name?: string }
  | { readonly type: "read"; readonly path: string };

/** What came of a command. */
export interface Result {
  readonly port?: number;
  readonly status?: number;
  readonly headers?: readonly (readonly [string, string])[];
  readonly body?: string;
  /** The body broke. */
  readonly broke?: boolean;
  readonly progress?: number;
  /** Of a TransportError or ListenError. */
  readonly kind?: string;
  readonly nothingSent?: boolean;
  /** Of any other error. */
  readonly message?: string;
  readonly stats?: object;
  readonly value?: string | undefined;
}

export function drive(runtime: Runtime): void {
  // As the program does: a handler that throws is one.
  runtime.onDefect(() => undefined);
  const clients = new Map<string, UpstreamFetch>();
  const listeners = new Map<number, Listener>();

  function clientOf(url: string, options: ClientOptions): UpstreamFetch {
    const key = `${new URL(url).origin} ${JSON.stringify(options)}`;
    const client = clients.get(key) ?? runtime.createFetch(options);
    clients.set(key, client);
    return client;
  }

  async function send(command: Command & { readonly type: "fetch" }): Promise<Result> {
    let progress = 0;
    const { method = "GET", headers = [], body, streamed, repeatable = false } = command;
    const bytes = body === undefined ? null : new TextEncoder().encode(body);
    const response = await clientOf(command.url, command.client).fetch(command.url, {
      method,
      headers,
      body: streamed ? (new Blob([bytes ?? ""]).stream() as ByteStream) : bytes,
      signal: new AbortController().signal,
      repeatable,
      fresh: false,
      onProgress: () => {
        progress += 1;
      },
    });
    const head = { status: response.status, headers: [...response.headers], progress };
    return response.text().then(
      (text) => ({ ...head, body: text, broke: false }),
      () => ({ ...head, broke: true }),
    );
  }

  async function run(command: Command): Promise<Result> {
    switch (command.type) {
      case "fetch":
        return send(command);
      case "serve": {
        const refuse = (why: string) => new Response(why, { status: 400 });
        const listener = await runtime.serve(createHandler(runtime), { ...command.options, refuse });
        listeners.set(listener.port, listener);
        return { port: listener.port };
      }
      case "drain":
      case "close":
        await listeners.get(command.port)?.[command.type]();
        return {};
      case "stats":
        return { stats: runtime.processStats() };
      case "env":
        return { value: runtime.env(command.name ?? "") };
      case "read":
        return { value: await runtime.readTextFile(command.path) };
    }
  }

  const reply = (id: number, result: Result) => runtime.write(JSON.stringify({ id, ...result }));
  createInterface({ input: process.stdin }).on("line", (line) => {
    const { id, ...command } = JSON.parse(line) as Command & { readonly id: number };
    run(command as Command).then(
      (result) => reply(id, result),
      (error: unknown) => reply(id, describe(error)),
    );
  });
}

function describe(error: unknown): Result {
  if (!(error instanceof Error)) return { message: String(error) };
  const { kind, nothingSent } = error as Error & { kind?: string; nothingSent?: boolean };
  return {
    message: error.message,
    ...(kind !== undefined && { kind }),
    ...(nothingSent !== undefined && { nothingSent }),
  };
}
