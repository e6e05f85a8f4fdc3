import type { Random } from "../base/clock.ts";
import { below, choose } from "./random.ts";

const WORDS: readonly string[] = (
  "a the one each every some this that balance request answer model token stream server network signal river " +
  "mountain garden window letter question morning evening light shadow bridge harbour engine pattern careful " +
  "quiet steady quick slow bright simple useful honest small large early late keeps sends finds makes holds " +
  "turns reads writes waits moves carries and or while because after before beyond between under above with " +
  "without slowly gently often rarely always together again"
).split(" ");

/**
 * A text of exactly `count` tokens, one word each, that begins with the speaker's name and goes on in sentences.
 * All but the first carry their leading space, so that joining them is the text.
 */
export function words(count: number, speaker: string, random: Random): string[] {
  const pieces = [`[${speaker}]`];
  let left = 0;
  while (pieces.length < count) {
    const begins = left === 0;
    if (begins) left = 5 + below(8, random);
    const word = choose(WORDS, random);
    left--;
    const ends = left === 0 || pieces.length === count - 1;
    pieces.push(` ${begins ? capital(word) : word}${ends ? "." : ""}`);
  }
  return pieces;
}

function capital(word: string): string {
  return word.slice(0, 1).toUpperCase() + word.slice(1);
}

const PIECE = 4;

/** JSON and other text that isn't words, in tokens of four characters (never inside a surrogate pair). */
export function split(text: string): string[] {
  const pieces: string[] = [];
  const characters = Array.from(text);
  for (let i = 0; i < characters.length; i += PIECE) pieces.push(characters.slice(i, i + PIECE).join(""));
  return pieces;
}

/** A usual estimate of a prompt's tokens: four characters each, at least 1. */
export function countTokens(text: string): number {
  return Math.max(1, Math.ceil(text.length / PIECE));
}

/** The pieces up to the first of the stop sequences, and which one that was. */
export function stopAt(
  pieces: readonly string[],
  stops: readonly string[],
): { readonly pieces: readonly string[]; readonly stop?: string } {
  const text = pieces.join("");
  let end = text.length;
  let stop: string | undefined;
  for (const candidate of stops) {
    const at = candidate === "" ? -1 : text.indexOf(candidate);
    if (at >= 0 && at < end) [end, stop] = [at, candidate];
  }
  if (stop === undefined) return { pieces };
  return { pieces: head(pieces, end), stop };
}

/** The pieces of the first `length` characters. */
function head(pieces: readonly string[], length: number): readonly string[] {
  const kept: string[] = [];
  let left = length;
  for (const piece of pieces) {
    if (left <= 0) break;
    kept.push(piece.slice(0, left));
    left -= piece.length;
  }
  return kept;
}
