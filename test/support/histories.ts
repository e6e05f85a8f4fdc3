/** Random requests against upstreams that fail at random, over real sockets. */

import * as wire from "../conformance/wire.ts";
import { failing, hang, raw, rawThenBad, rawThenFin, rawThenHang, rawThenReset } from "./behaviours.ts";
import type { Behaviour, FaultUpstream } from "./fault-upstream.ts";
import type { RunningProxy } from "./programs.ts";
import { connect } from "./raw-client.ts";
import { requestBytes } from "./raw-request.ts";
import { pause } from "./wait.ts";

/** What a client does: reads its answer, or leaves after so many ms (50 or more: its request is seen), perhaps with half of its body sent. */
type Conduct =
  | { readonly type: "reads" }
  | { readonly type: "leaves"; readonly after: number; readonly inUpload: boolean };

export interface History {
  readonly id: number;
  readonly forward: string;
  readonly stream: boolean;
  readonly conduct: Conduct;
  /** What upstream `a` and `b` do, request by request. */
  readonly scripts: Readonly<Record<"a" | "b", readonly [Behaviour, ...Behaviour[]]>>;
}

/** The minimal standard generator of Park and Miller. */
export function lehmer(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state * 48_271) % 0x7fffffff;
    return state / 0x7fffffff;
  };
}

export function randomHistory(id: number, random: () => number): History {
  const one = <T>(items: readonly T[]): T => {
    const item = items[Math.floor(random() * items.length)];
    if (item === undefined) throw new RangeError("nothing to choose from");
    return item;
  };
  const stream = random() < 0.5;
  const script = (name: string): readonly [Behaviour, ...Behaviour[]] => {
    const kinds = behaviours(`${name}#${id}`, stream);
    return [one(kinds), one(kinds), one(kinds)];
  };
  const leaves = {
    type: "leaves",
    after: 50 + Math.floor(random() * 1500),
    inUpload: random() < 0.3,
  } as const;
  return {
    id,
    forward: one(["single", "equals", "ordered"]),
    stream,
    conduct: random() < 0.3 ? leaves : { type: "reads" },
    scripts: { a: script("a"), b: script("b") },
  };
}

/** Each marks its content, so that bytes of two answers can't be mixed unseen. */
function behaviours(mark: string, stream: boolean): readonly Behaviour[] {
  const hello = stream ? wire.ROLE + wire.choice({ content: mark }) : `{"choices":[{"message":"${mark}`;
  const rest = stream ? wire.REST : '"}]}';
  const begun = (stream ? wire.SSE : wire.JSON_HEAD) + wire.chunk(hello);
  const whole = begun + wire.chunk(rest) + wire.END;
  const slowly: Behaviour = async (exchange) => {
    await exchange.body();
    exchange.write(begun);
    await pause(400);
    exchange.write(wire.chunk(rest) + wire.END);
  };
  return [
    raw(whole),
    raw(whole),
    raw(whole),
    slowly,
    rawThenFin(whole),
    rawThenReset(),
    rawThenFin(""),
    rawThenFin("nonsense\r\n\r\n"),
    hang,
    rawThenBad(begun),
    rawThenReset(begun),
    rawThenHang(begun),
    rawThenBad(begun, "nonsense"),
    rawThenHang(wire.SSE + wire.chunk(wire.ROLE)),
    raw(wire.SSE + wire.chunk(wire.errorEvent("server_error")) + wire.END),
    raw(wire.SSE + wire.END),
    raw(wire.JSON_HEAD + wire.chunk(wire.errorAnswer("server_error")) + wire.END),
    failing(429),
    failing(503),
    failing(400),
  ];
}

/** Plays one; resolves with what was wrong with the answer, if anything. */
export async function play(
  { id, forward, stream, conduct, scripts }: History,
  upstream: FaultUpstream,
  proxy: RunningProxy,
): Promise<string | undefined> {
  const path = `/h${id}/v1/chat/completions`;
  for (const [name, script] of Object.entries(scripts)) upstream.on(`/${name}${path}`, ...script);
  const connection = await connect(proxy.port(forward));
  try {
    const body = JSON.stringify({ model: "m", stream });
    const bytes = requestBytes(path, { body });
    if (conduct.type === "leaves") {
      await connection.send(conduct.inUpload ? bytes.subarray(0, -5) : bytes);
      await pause(conduct.after);
      return undefined;
    }
    const pending = connection.next();
    await connection.send(bytes);
    const answer = await pending.end(15_000).catch((error: unknown) => {
      // Bun sends no head for a body that breaks before its first byte.
      if (connection.closed === undefined) throw error;
      return undefined;
    });
    return answer === undefined ? undefined : wrongIn(answer.text(), answer.end, id);
  } finally {
    connection.close();
  }
}

function wrongIn(text: string, end: string, id: number): string | undefined {
  if (end === "open") return "it has no end";
  const marks = new Set([...text.matchAll(/[ab]#\d+/g)].map(([mark]) => mark));
  if (marks.size > 1) return `two answers in one: ${text}`;
  const [mark] = marks;
  if (mark !== undefined && !mark.endsWith(`#${id}`)) return `another's answer: ${text}`;
  const isWhole = text.includes("[DONE]") || text.endsWith('"}]}');
  if (mark !== undefined && end === "complete" && !isWhole) return `half an answer that looks whole: ${text}`;
  return undefined;
}
