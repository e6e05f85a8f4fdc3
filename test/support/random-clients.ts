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
  readonly upload: BodyScript | undefined;
  readonly leavesAfter: number | undefined;
  readonly reads: "all" | "two chunks" | "two chunks, then cancels";
}

export const clients: fc.Arbitrary<Client> = fc.record({
  startsAt: fc.constantFrom(0, 0, 5, 120),
  method: fc.constantFrom("POST", "POST", "PUT", "GET", "HEAD"),
  path: fc.constantFrom("/v1/chat/completions", "/v1/files"),
  upload: fc.option(bodyScripts, { nil: undefined }),
  leavesAfter: fc.constantFrom(undefined, undefined, undefined, 0, 1, 26, 100, 333, 900),
  reads: fc.constantFrom("all", "all", "all", "two chunks", "two chunks, then cancels"),
});

/** What a client meets, and what tells whether it was treated well. */
export interface Stage {
  readonly clock: FakeClock;
  readonly forward: Forward;
  readonly log: readonly AccessRecord[];
  /** The body that each marked answer has, and whether it comes whole. */
  readonly bodies: ReadonlyMap<string, { readonly text: string; readonly whole: boolean }>;
  /** Upstream calls that are not over. */
  readonly live: ReadonlySet<{ readonly id: string; readonly signal: AbortSignal }>;
  readonly callsOf: (id: string) => readonly Call[];
}

/** Sends a client's request and plays the client to its end. */
export function actAs(client: Client, id: string, { clock, forward, log, bodies, live, callsOf }: Stage) {
  const { method, path, upload, leavesAfter, reads, startsAt } = client;
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
      headers: { "x-request-id": id },
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
    if (reads === "all") outcome = "whole";
    if (reads === "two chunks, then cancels") await reader?.cancel();
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
      const body = bodies.get(response?.headers.get("x-call") ?? "");
      const bare = method === "HEAD" || response?.status === 204;
      if (harmless && body !== undefined && !bare) {
        expect(outcome).toBe(body.whole ? "whole" : "broken");
        if (body.whole) expect(text === body.text).toBe(true);
        if (body.whole) expect(line?.bytesOut).toBe(text.length);
      }
    },
  };
}
