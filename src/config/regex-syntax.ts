/** The syntax of a route's regular expression, as far as one needs to know whether a text matches whole. */

export type Syntax =
  /** One UTF-16 unit. */
  | { readonly type: "unit"; readonly fits: (unit: number) => boolean }
  | { readonly type: "all"; readonly parts: readonly Syntax[] }
  | { readonly type: "any"; readonly parts: readonly Syntax[] }
  /** `max` may be infinite. Greedy or not is nothing to a match of the whole. */
  | { readonly type: "repeat"; readonly part: Syntax; readonly min: number; readonly max: number }
  | { readonly type: "assert"; readonly what: "start" | "end" | "boundary" | "inside" };

/** What is valid and yet can't be matched in linear time; the message says what was found. */
export class Unsupported extends Error {}

const ASSERTIONS: Readonly<Record<string, Extract<Syntax, { type: "assert" }>["what"]>> = {
  "^": "start",
  $: "end",
  "\\b": "boundary",
  "\\B": "inside",
};

/** Parses what `new RegExp(source)` takes; throws {@link Unsupported}. */
export function parseRegex(source: string): Syntax {
  let at = 0;

  function alternatives(): Syntax {
    const parts = [sequence()];
    while (source[at] === "|") {
      at += 1;
      parts.push(sequence());
    }
    return parts.length === 1 && parts[0] !== undefined ? parts[0] : { type: "any", parts };
  }

  function sequence(): Syntax {
    const parts: Syntax[] = [];
    while (at < source.length && source[at] !== "|" && source[at] !== ")") parts.push(quantified(term()));
    return { type: "all", parts };
  }

  function quantified(part: Syntax): Syntax {
    const [text = "", min, comma, max] = /^(?:[*+?]|\{(\d+)(,?)(\d*)\})\??/.exec(source.slice(at)) ?? [];
    at += text.length;
    if (text === "") return part;
    if (min === undefined) {
      return { type: "repeat", part, min: text[0] === "+" ? 1 : 0, max: text[0] === "?" ? 1 : Infinity };
    }
    const most = comma === "" ? Number(min) : max === "" ? Infinity : Number(max);
    return { type: "repeat", part, min: Number(min), max: most };
  }

  function term(): Syntax {
    if (source[at] === "(") return group();
    const text = termAt(source, at);
    at += text.length;
    const what = ASSERTIONS[text];
    if (what !== undefined) return { type: "assert", what };
    return { type: "unit", fits: unitTest(text) };
  }

  function group(): Syntax {
    const [opening = ""] = /^\((?:\?(?::|<(?![=!])[^>]*>))?/.exec(source.slice(at)) ?? [];
    if (source[at + opening.length] === "?") throw new Unsupported("a group that looks around or sets flags");
    at += opening.length;
    const inner = alternatives();
    at += 1;
    return inner;
  }

  return alternatives();
}

/** One character, class or escape. */
function termAt(source: string, at: number): string {
  const rest = source.slice(at);
  if (/^\\(?:[1-9k]|0\d)/.test(rest)) throw new Unsupported("a backreference");
  const [text] = /^\\(?:x[\da-f]{2}|u[\da-f]{4}|c[a-z]|[\s\S])|^\[(?:\\[\s\S]|[^\]\\])*\]/i.exec(rest) ?? [];
  return text ?? rest[0] ?? "";
}

/** A class or an escape is left to the runtime: over one unit it takes no time. */
function unitTest(text: string): (unit: number) => boolean {
  if (text.length === 1 && text !== ".") {
    const own = text.charCodeAt(0);
    return (unit) => unit === own;
  }
  const regex = new RegExp(`^${text}$`);
  const ascii = Array.from({ length: 128 }, (_, unit) => regex.test(String.fromCharCode(unit)));
  return (unit) => ascii[unit] ?? regex.test(String.fromCharCode(unit));
}
