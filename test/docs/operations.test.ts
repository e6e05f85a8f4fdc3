import { describe, expect, it } from "vitest";
import { formatAccess } from "../../src/log/access.ts";
import { USAGE } from "../../src/program/cli.ts";
import { read } from "./documents.ts";

const text = read("docs/operations.md");
/** The first cells of all its tables. */
const cells = text
  .split("\n")
  .filter((line) => line.startsWith("| "))
  .map((line) => line.split("|")[1] ?? "");

describe("docs/operations.md", () => {
  it("says of every flag what it does, with its range", () => {
    const flags = [...USAGE.matchAll(/^ +(?:(-\w), )? *(--[\w-]+)(?: ([A-Z]+))?/gm)];
    expect(flags.length).toBeGreaterThan(6);
    for (const [, short, long = "", value] of flags) {
      const cell = cells.find((one) => one.includes(long)) ?? "";
      expect(cell, long).toContain(value === undefined ? long : `${long} ${value}`);
      if (short !== undefined) expect(cell).toContain(`\`${short}\``);
    }
    for (const [range = ""] of USAGE.matchAll(/\d+-\d+ \(default \d+\)/g)) {
      const [, from, to, fallback] = /(\d+)-(\d+) \(default (\d+)\)/.exec(range) ?? [];
      expect(text).toContain(`${from} to ${to}, default ${fallback}`);
    }
  });

  it("says of every exit code what it means", () => {
    const [, list = ""] = /Exit codes: (.*)\./.exec(USAGE) ?? [];
    const codes = [...list.matchAll(/(\d+) /g)].map(([, code = ""]) => code);
    expect(codes.length).toBeGreaterThan(4);
    expect(codes.filter((code) => !cells.includes(` ${code} `))).toEqual([]);
  });

  it("says of every field of a request's line what it is", () => {
    const line = formatAccess(
      {
        id: "1",
        forward: "f",
        method: "GET",
        path: "/",
        status: 200,
        group: "g",
        upstream: "u",
        attempts: 1,
        trace: "t",
        reason: "reset",
        error: "upstream_reset",
        ms: 1,
        firstByteMs: 1,
        bytesIn: 1,
        bytesOut: 1,
        client: "::1",
      },
      0,
    );
    const fields = Object.keys(JSON.parse(line) as object);
    const obvious = ["time", "level", "msg", "forward", "method"];
    expect(fields.length).toBeGreaterThan(15);
    expect(fields.filter((field) => !obvious.includes(field) && !text.includes(`\`${field}\``))).toEqual([]);
    const example = /^```json\n(.*)\n```$/m.exec(text)?.[1] ?? "{}";
    const shown = Object.keys(JSON.parse(example) as object);
    expect(fields.filter((field) => field !== "error")).toEqual(shown);
  });
});
