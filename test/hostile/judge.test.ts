import { describe, expect, it } from "vitest";
import { judge, summaryOf } from "./judge.ts";

const HOST = "127.0.0.1:80";
const GOOD = `GET /a?b HTTP/1.1\r\nhost: ${HOST}\r\nx-note: caf\xe9\r\n\r\n`;

function faultsOf(text: string): readonly string[] {
  return judge(Buffer.from(text, "latin1"), HOST)?.faults ?? ["not whole"];
}

function post(fields: string, body: string): string {
  return `POST /a HTTP/1.1\r\nhost: ${HOST}\r\n${fields}\r\n${body}`;
}

describe("the judge of what is sent upstream", () => {
  it("finds nothing in requests that can be read in one way only", () => {
    expect(faultsOf(GOOD)).toEqual([]);
    expect(faultsOf(post("content-length: 3\r\n", "abc"))).toEqual([]);
    expect(faultsOf(post("transfer-encoding: chunked\r\n", "3\r\nabc\r\n0\r\n\r\n"))).toEqual([]);
  });

  it("ends a request where its framing says, and leaves what follows", () => {
    for (const one of [
      GOOD,
      post("content-length: 3\r\n", "abc"),
      post("transfer-encoding: chunked\r\n", "3\r\nabc\r\n0\r\n\r\n"),
    ]) {
      expect(judge(Buffer.from(one + GOOD, "latin1"), HOST)?.length).toBe(one.length);
    }
  });

  it("waits for what is not whole", () => {
    expect(judge(Buffer.from(GOOD.slice(0, -1), "latin1"), HOST)).toBeUndefined();
    expect(judge(Buffer.from(post("content-length: 3\r\n", "ab"), "latin1"), HOST)).toBeUndefined();
    const chunked = post("transfer-encoding: chunked\r\n", "3\r\nabc\r\n0\r\n\r");
    expect(judge(Buffer.from(chunked, "latin1"), HOST)).toBeUndefined();
  });

  it.each([
    ["two framings", "framing by", post("content-length: 3\r\ntransfer-encoding: chunked\r\n", "0\r\n\r\n")],
    ["two lengths", "framing by", post("content-length: 3\r\ncontent-length: 3\r\n", "abc")],
    ["a length that is no number", "framing by", post("content-length: +3\r\n", "abc")],
    ["another coding than chunked", "framing by", post("transfer-encoding: gzip, chunked\r\n", "0\r\n\r\n")],
    [
      "chunks in HTTP/1.0",
      "chunks in",
      post("transfer-encoding: chunked\r\n", "0\r\n\r\n").replace("HTTP/1.1", "HTTP/1.0"),
    ],
    [
      "a chunk extension",
      "the chunk size",
      post("transfer-encoding: chunked\r\n", "3;a\r\nabc\r\n0\r\n\r\n"),
    ],
    ["a trailer", "a trailer", post("transfer-encoding: chunked\r\n", "3\r\nabc\r\n0\r\nx: 1\r\n\r\n")],
    [
      "a chunk longer than its size",
      "does not end",
      post("transfer-encoding: chunked\r\n", "3\r\nabcd\r\n0\r\n\r\n"),
    ],
    ["a bare LF", "a bare CR or LF", GOOD.replace("\r\nx-note", "\nx-note")],
    ["a bare CR", "a bare CR or LF", GOOD.replace("caf", "c\rf")],
    ["a NUL", "a NUL", GOOD.replace("caf", "c\0f")],
    ["obs-fold", "the field", GOOD.replace("x-note: caf", "x-note:\r\n caf")],
    ["a space before a colon", "the field", GOOD.replace("x-note:", "x-note :")],
    ["another host", "Host evil", GOOD.replace(HOST, "evil.test")],
    ["a second host", "Host 127", GOOD.replace("x-note:", "Host:")],
    ["no host", "Host missing", GOOD.replace("host:", "x-host:")],
    ["an absolute target", "the target", GOOD.replace("/a?b", "http://evil.test/a")],
    ["a dot segment", "a dot segment", GOOD.replace("/a?b", "/a/../b")],
    ["an encoded dot segment", "a dot segment", GOOD.replace("/a?b", "/a/%2E%2e")],
    ["a backslash in the target", "with \\ or #", GOOD.replace("/a?b", "/\\a")],
    ["a space in the target", "the request line", GOOD.replace("/a?b", "/a b")],
    ["Latin-1 in the target", "no URL has", GOOD.replace("/a?b", "/\xe9")],
    ["an upgrade", "upgrade: ", GOOD.replace("x-note:", "Upgrade:")],
  ])("finds %s", (_name, fault, text) => {
    expect(faultsOf(text)[0]).toContain(fault);
  });

  it("takes nothing behind a request that is ambiguous for another request", () => {
    const judged = judge(Buffer.from(GOOD.replace("caf", "c\0f") + GOOD, "latin1"), HOST);
    expect(judged).toMatchObject({ isBroken: true, length: 2 * GOOD.length });
  });

  it("says a request in one line", () => {
    const judged = judge(Buffer.from(post("content-length: 3\r\nx-note: 1\r\n", "abc"), "latin1"), HOST);
    expect(judged && summaryOf(judged, "x-note")).toBe('POST /a "abc" x-note: 1');
    expect(judged && summaryOf(judged, "x-none")).toBe('POST /a "abc" x-none: -');
  });
});
