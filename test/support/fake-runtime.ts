import type {
  ClientOptions,
  FetchInit,
  Handler,
  Listener,
  ListenOptions,
  Runtime,
} from "../../src/runtime/runtime.ts";

import { webRuntime } from "./web-runtime.ts";

/** A listener that a test can drain, and what it was asked. */
export interface FakeListener {
  readonly handler: Handler;
  readonly options: ListenOptions;
  readonly events: ("drain" | "close")[];
  /** Lets {@link Listener.drain} resolve. */
  empty(): void;
}

export interface FakeRuntime extends Runtime {
  readonly out: string[];
  readonly err: string[];
  readonly exits: number[];
  readonly listeners: FakeListener[];
  readonly clients: { readonly options: ClientOptions; closed: boolean }[];
  signal(name: string): void;
  /** Throws this where nothing catches it. */
  defect(error: unknown): void;
}

export interface FakeRuntimeOptions {
  readonly files?: Readonly<Record<string, string>>;
  readonly variables?: Readonly<Record<string, string>>;
  readonly lacks?: Runtime["lacks"];
  /** Rejects what it throws for. */
  readonly onServe?: (options: ListenOptions) => void;
  readonly fetch?: (url: string, init: FetchInit) => Promise<Response>;
}

/** A runtime without a network: its listeners are called by the test, its upstreams answer `ok`. */
export function createFakeRuntime(given: FakeRuntimeOptions = {}): FakeRuntime {
  const { files = {}, variables = {}, lacks = [], onServe, fetch = async () => new Response("ok") } = given;
  const out: string[] = [];
  const err: string[] = [];
  const exits: number[] = [];
  const listeners: FakeListener[] = [];
  const clients: FakeRuntime["clients"] = [];
  let onSignal = (_name: string): void => {};
  let onDefect = (error: unknown): void => {
    throw error;
  };

  return {
    out,
    err,
    exits,
    listeners,
    clients,
    signal: (name) => onSignal(name),
    defect: (error) => onDefect(error),
    name: "fake",
    version: "1.2.3",
    lacks,
    isTerminal: false,
    async serve(handler, options): Promise<Listener> {
      onServe?.(options);
      const events: FakeListener["events"] = [];
      let empty = (): void => {};
      const emptied = new Promise<void>((resolve) => {
        empty = resolve;
      });
      listeners.push({ handler, options, events, empty: () => empty() });
      return {
        port: options.port === 0 ? 50_000 : options.port,
        drain() {
          events.push("drain");
          return emptied;
        },
        async close() {
          events.push("close");
        },
      };
    },
    createFetch(options) {
      const client = { options, closed: false };
      clients.push(client);
      return {
        fetch,
        close() {
          client.closed = true;
        },
      };
    },
    ...webRuntime,
    async readTextFile(path) {
      const text = files[path];
      if (text === undefined) throw new Error("no such file");
      return text;
    },
    env: (name) => variables[name],
    write: (line) => out.push(line),
    writeError: (line) => err.push(line),
    flush: async () => {},
    onSignal(listener) {
      onSignal = listener;
    },
    onDefect(listener) {
      onDefect = listener;
    },
    exit: (code) => exits.push(code),
    processStats: () => ({}),
    denoPermissions: (access) => JSON.stringify(access),
  };
}
