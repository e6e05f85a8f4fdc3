import { deepEqual, equal, ok, throws } from "node:assert/strict";
import type { HeaderPair } from "../../../src/runtime/runtime.ts";
import type { Rows } from "./maker.ts";

const PAIRS: readonly HeaderPair[] = [
  ["Host", "h"],
  ["Accept", "a"],
  ["Set-Cookie", "x=1; Path=/, y"],
  ["X-Empty", ""],
  ["ACCEPT", "b"],
  ["set-cookie", "z=2"],
];

const ITERATED: readonly HeaderPair[] = [
  ["accept", "a, b"],
  ["host", "h"],
  ["set-cookie", "x=1; Path=/, y"],
  ["set-cookie", "z=2"],
  ["x-empty", ""],
];

/** In an order that says nothing, but for fields of one name. */
const sorted = (pairs: Iterable<readonly string[]>): readonly (readonly string[])[] =>
  [...pairs].sort(([a = ""], [b = ""]) => (a < b ? -1 : a > b ? 1 : 0));

export const headers: Rows = {
  "header fields are a Headers": ({ headersFrom }) => {
    ok(headersFrom(PAIRS) instanceof Headers);
  },
  "a header field is found whatever the case of its name": ({ headersFrom }) => {
    const fields = headersFrom(PAIRS);
    deepEqual([fields.get("host"), fields.get("HOST"), fields.get("hOsT")], ["h", "h", "h"]);
    deepEqual([fields.has("host"), fields.has("HoSt")], [true, true]);
  },
  "a header field that did not come is null, and there is none": ({ headersFrom }) => {
    const fields = headersFrom(PAIRS);
    deepEqual([fields.get("none"), fields.has("none")], [null, false]);
    const none = headersFrom([]);
    deepEqual([none.get("set-cookie"), none.has("set-cookie"), none.getSetCookie()], [null, false, []]);
    deepEqual([...none], []);
  },
  "an empty header field is there": ({ headersFrom }) => {
    const fields = headersFrom([...PAIRS, ["x-empty", "full"]]);
    equal(headersFrom(PAIRS).get("x-empty"), "");
    equal(headersFrom(PAIRS).has("x-empty"), true);
    equal(fields.get("x-empty"), ", full");
  },
  "a header field that came twice has both values in order": ({ headersFrom }) => {
    equal(headersFrom(PAIRS).get("accept"), "a, b");
  },
  "the cookies of several cookie fields are one list of cookies": ({ headersFrom }) => {
    const fields = headersFrom([
      ["Cookie", "a=1"],
      ["cookie", "b=2; c=3"],
    ]);
    equal(fields.get("cookie"), "a=1; b=2; c=3");
  },
  "several set-cookie stay several, and are one text for who asks by name": ({ headersFrom }) => {
    const fields = headersFrom(PAIRS);
    deepEqual(fields.getSetCookie(), ["x=1; Path=/, y", "z=2"]);
    deepEqual([fields.get("Set-Cookie"), fields.has("SET-COOKIE")], ["x=1; Path=/, y, z=2", true]);
  },
  "changing the list of set-cookie that was handed out changes no field": ({ headersFrom }) => {
    const fields = headersFrom(PAIRS);
    fields.getSetCookie().pop();
    equal(fields.getSetCookie().length, 2);
  },
  "iteration gives lowercase names, each field once and each set-cookie by itself": ({ headersFrom }) => {
    const fields = headersFrom(PAIRS);
    deepEqual(sorted(fields), ITERATED);
    deepEqual(sorted(fields), ITERATED);
  },
  "entries, keys, values and forEach tell what iteration tells": ({ headersFrom }) => {
    const fields = headersFrom(PAIRS);
    const pairs = [...fields];
    const each: string[][] = [];
    fields.forEach((value, name, parent) => {
      equal(parent, fields);
      each.push([name, value]);
    });
    deepEqual([...fields.entries()], pairs);
    deepEqual(
      [...fields.keys()],
      pairs.map(([name]) => name),
    );
    deepEqual(
      [...fields.values()],
      pairs.map(([, value]) => value),
    );
    deepEqual(each, pairs);
  },
  "a header field that is set has that value only": ({ headersFrom }) => {
    const fields = headersFrom(PAIRS);
    fields.set("aCCEPT", "c");
    fields.set("X-New", "n");
    fields.set("Set-Cookie", "q=9");
    deepEqual([fields.get("accept"), fields.get("x-new"), fields.getSetCookie()], ["c", "n", ["q=9"]]);
    deepEqual(
      sorted(fields).map(([name]) => name),
      ["accept", "host", "set-cookie", "x-empty", "x-new"],
    );
  },
  "a header field that is appended adds to what is there": ({ headersFrom }) => {
    const fields = headersFrom(PAIRS);
    fields.append("Accept", "c");
    fields.append("X-New", "n");
    fields.append("Set-Cookie", "q=9");
    deepEqual([fields.get("accept"), fields.get("x-new")], ["a, b, c", "n"]);
    deepEqual(fields.getSetCookie(), ["x=1; Path=/, y", "z=2", "q=9"]);
  },
  "a header field that is deleted is gone, every set-cookie too": ({ headersFrom }) => {
    const fields = headersFrom(PAIRS);
    fields.delete("ACCEPT");
    fields.delete("Set-Cookie");
    fields.delete("none");
    deepEqual([fields.has("accept"), fields.has("set-cookie"), fields.getSetCookie()], [false, false, []]);
    deepEqual(sorted(fields), [
      ["host", "h"],
      ["x-empty", ""],
    ]);
  },
  "header fields can be copied into the runtime's own, set-cookie by set-cookie": ({ headersFrom }) => {
    deepEqual([...new Headers(headersFrom(PAIRS))], ITERATED);
    deepEqual([...new Response(null, { headers: headersFrom(PAIRS) }).headers], ITERATED);
  },
  "header fields keep the bytes of a value that is not ASCII": ({ headersFrom }) => {
    equal(headersFrom([["x", "\u00e9\u00ff"]]).get("x"), "\u00e9\u00ff");
  },
  "header fields are iterated in the order of their names": ({ headersFrom }) => {
    deepEqual([...headersFrom(PAIRS)], ITERATED);
  },
  "spaces around a header field's value are no part of it": ({ headersFrom }) => {
    equal(headersFrom([["x", " a "]]).get("x"), "a");
  },
  "a header field that HTTP does not allow is refused with a TypeError": ({ headersFrom }) => {
    throws(() => headersFrom([["x", "a\r\nb: c"]]), TypeError);
    throws(() => headersFrom([["not a name", "a"]]), TypeError);
  },
};
