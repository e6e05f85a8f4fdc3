/** What the faulty upstream of a case sends, by the kind of request. */

import type { Behaviour } from "../support/fault-upstream.ts";
import { pause } from "../support/wait.ts";
import type { Cue, Kind } from "./case.ts";
import * as wire from "./wire.ts";

export const headOf = (kind: Kind): string => (kind === "stream" ? wire.SSE : wire.JSON_HEAD);

/** Nothing in it tells yet whether it is an answer. */
export const beforeContent = (kind: Kind): string =>
  kind === "stream" ? wire.ROLE : wire.ANSWER.slice(0, 8);
/** There is content in it, or at least no error. */
export const begun = (kind: Kind): string =>
  kind === "stream" ? wire.ROLE + wire.HELLO : wire.ANSWER.slice(0, 40);
export const whole = (kind: Kind): string =>
  kind === "stream" ? wire.ROLE + wire.HELLO + wire.REST : wire.ANSWER;

/** An answer's head, if `body` is empty, or its head and that much of its body. */
export const answering = (kind: Kind, body: string): string =>
  headOf(kind) + (body === "" ? "" : wire.chunk(body));

/** Sends `bytes`, and when they have arrived, breaks. */
export function breaking(bytes: string, how: "RST" | "FIN" | "garbage"): (cue: Cue) => Behaviour {
  return (cue) =>
    async ({ body, write, socket }) => {
      await body();
      write(bytes);
      await cue();
      if (how === "RST") socket.resetAndDestroy();
      else socket.end(how === "FIN" ? "" : "zz\r\nnot a chunk\r\n");
    };
}

/** `first`, and then `piece` again and again, until the proxy has had enough. */
export function drip(first: string, piece: string, gap: number): Behaviour {
  return async ({ body, write, socket }) => {
    await body();
    write(first);
    while (!socket.destroyed) {
      await pause(gap);
      write(piece);
    }
  };
}

const PIECES = 12;

/** A whole answer that takes longer than any timeout (3 s), and is never silent for long. */
export function steady(kind: Kind): Behaviour {
  const rest = whole(kind).slice(begun(kind).length);
  const cut = (part: number): number => Math.floor((rest.length * part) / PIECES);
  return async ({ body, write }) => {
    await body();
    write(answering(kind, begun(kind)));
    for (let part = 0; part < PIECES; part += 1) {
      await pause(3000 / PIECES);
      write(wire.chunk(rest.slice(cut(part), cut(part + 1))));
    }
    write(wire.END);
  };
}
