import fc from "fast-check";
import { expect } from "vitest";
import type { Forward } from "../../src/forward/app.ts";
import type { AccessRecord } from "../../src/log/log.ts";
import { type FakeClock, settle } from "./fake-clock.ts";
import { type BodyScript, bodyScripts, playBody, wait } from "./random-upstreams.ts";
import type { Call } from "./scripted-upstreams.ts";

/** A client: what it sends, how it reads, and whether it leaves. Times are milliseconds. */
export interface Client {
  readonly startsAt: number;
  readonly method: string;
  readonly path: string;
  /** Whether it asks for a stream. */
  readonly stream: boolean;
  readonly upload: BodyScript | undefined;
  readonly leavesAfter: number | undefined;
  readonly reads: "all" | "two chunks" | "two chunks, then cancels";
}

export const clients: fc.Arbitrary<Client> = fc.record({
  startsAt: fc.constantFrom(0, 0, 5, 120, 800, 1700),
  method: fc.constantFrom("POST", "POST", "PUT", "GET", "HEAD"),
  path: fc.constantFrom("/v1/chat/completions", "/v1/files"),
  stream: fc.boolean(),
  upload: fc.option(bodyScripts, { nil: undefined }),
  leavesAfter: fc.constantFrom(undefined, undefined, undefined, 0, 1, 26, 100, 333, 900),
  reads: fc.constantFrom("all", "all", "all", "two chunks", "two chunks, then cancels"),
});

export interface MarkedBody {
  readonly text: string;
  /** How it comes to a client that reads it all; undefined where that is a matter of the client's own pace. */
  readonly outcome: (stream: boolean) => "whole" | "broken" | undefined;
}

/** What a client meets, and what tells whether it was treated well. */
export interface Stage {
  readonly clock: FakeClock;
  readonly forward: Forward;
  readonly log: readonly AccessRecord[];
  /** The body of each marked answer. */
  readonly bodies: ReadonlyMap<string, MarkedBody>;
  /** Upstream calls that are not over. */
  readonly live: ReadonlySet<{ readonly id: string; readonly signal: AbortSignal }>;
  readonly callsOf: (id: string) => readonly Call[];
}

/** Sends a client's request and plays the client to its end. */
export function actAs(client: Client, id: string, { clock, forward, log, bodies, live, callsOf }: Stage) {
  const { method, path, stream, upload, leavesAfter, reads, startsAt } = client;
  const hasBody = upload !== undefined && method !== "GET" && method !== "HEAD";
  const connection = new AbortController();
  let response: Response | undefined;
  let reader: ReadableStreamDefaultReader<Uint8Array> | undefined;
  let callsAtLeaving: number | undefined;
  let text = "";
  let outcome: "whole" | "broken" | undefined;

  function leave(): void {
    if (callsAtLeaving !== undefined) return;
    if (response === undefined && !log.some((line) => line.id === id)) callsAtLeaving = callsOf(id).length;
    connection.abort();
    void reader?.cancel().catch(() => {});
    const forsaken = [...live].filter((call) => call.id === id);
    if (callsAtLeaving !== undefined) expect(forsaken.every(({ signal }) => signal.aborted)).toBe(true);
  }

  async function act(): Promise<void> {
    await wait(startsAt, clock);
    if (leavesAfter !== undefined) clock.after(leavesAfter, leave);
    // A connection that breaks inside an upload breaks its body and the request's signal, in this order.
    const body = hasBody
      ? playBody(upload, {
          make: (size) => new Uint8Array(size).fill(120),
          clock,
          onEnd: (wasBroken) => wasBroken && leave(),
          signal: connection.signal,
        })
      : null;
    const init = {
      method,
      body,
      signal: connection.signal,
      headers: { "x-request-id": id, ...(stream && { accept: "text/event-stream" }) },
      duplex: "half",
    };
    response = await forward.handler(new Request(`http://h${path}`, init), { address: "192.0.2.9" });
    if (connection.signal.aborted) return response.body?.cancel();
    reader = response.body?.getReader();
    for (let chunks = 0; ; chunks += 1) {
      if (reads !== "all" && chunks === 2) break;
      const chunk = await reader?.read();
      if (chunk === undefined || chunk.done) break;
      text += new TextDecoder().decode(chunk.value);
    }
    if (reads === "all" && !connection.signal.aborted) outcome = "whole";
    if (reads === "two chunks, then cancels") await reader?.cancel();
  }

  /** Whatever came is one answer's, from its beginning; all of it, or else the client sees that it is not. */
  function expectTrue(body: MarkedBody, line: AccessRecord | undefined, harmless: boolean): void {
    expect(body.text.startsWith(text)).toBe(true);
    if (outcome === "whole") expect(text === body.text).toBe(true);
    if (!harmless) return;
    expect(outcome).toBe(body.outcome(stream) ?? outcome);
    if (outcome === "whole") expect(line?.bytesOut).toBe(text.length);
  }

  const acting = act().catch(() => {
    outcome = "broken";
  });
  return {
    id,
    async finish() {
      await Promise.race([acting, settle()]);
      await reader?.cancel().catch(() => {});
      expect(response).toBeDefined();
    },
    /** Whether the client was told the truth, and the log line says it. */
    expectTold(line: AccessRecord | undefined) {
      if (callsAtLeaving !== undefined) {
        expect(line?.status).toBe(499);
        expect(callsOf(id)).toHaveLength(callsAtLeaving);
      }
      const harmless = leavesAfter === undefined && reads === "all" && upload?.ending !== "error";
      if (harmless) expect(line?.status).toBe(response?.status);
      const bare = method === "HEAD" || response?.status === 204;
      const body = bodies.get(response?.headers.get("x-call") ?? "");
      if (bare) expect(text).toBe("");
      else if (body !== undefined) expectTrue(body, line, harmless);
      else if (harmless) expect(JSON.parse(text)).toHaveProperty("error.code");
    },
  };
}
