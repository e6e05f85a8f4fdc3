import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createMender } from "../../../../adapters/shared/undici/wire/wire.ts";

const OK = "HTTP/1.1 200 OK\r\n";
const CHUNKED = `${OK}transfer-encoding: chunked\r\n\r\n`;
const LENGTH = "content-length: 2\r\n\r\nok";

/** What the parser gets of bytes that come in these pieces. */
function mended(pieces: readonly Buffer[]): string {
  const mender = createMender();
  return pieces.map((piece) => (mender.isOver() ? piece : mender.push(piece)).toString("latin1")).join("");
}

const bytes = (text: string): Buffer => Buffer.from(text, "latin1");

const MENDED: readonly (readonly [name: string, from: string, to: string])[] = [
  ["an interim answer", `HTTP/1.1 100 Continue\r\n\r\n${OK}${LENGTH}`, `${OK}${LENGTH}`],
  [
    "several interim answers with fields",
    `HTTP/1.1 100\r\n\r\nHTTP/1.1 103 Early Hints\r\nlink: </a>\r\n\r\nHTTP/1.1 199 x\n\n${OK}${LENGTH}`,
    `${OK}${LENGTH}`,
  ],
  ["empty lines before the head", `\r\n\n${OK}${LENGTH}`, `${OK}${LENGTH}`],
  [
    "bare line feeds in the head",
    "HTTP/1.1 200 OK\nx-a: b\ncontent-length: 2\n\nok",
    `${OK}x-a: b\r\n${LENGTH}`,
  ],
  ["some bare line feeds", `HTTP/1.1 200 OK\nx-a: b\r\n${LENGTH}`, `${OK}x-a: b\r\n${LENGTH}`],
  [
    "a length that is given twice",
    `${OK}content-length: 2\r\nx-a: b\r\nContent-Length:2\r\n\r\nok`,
    `${OK}content-length: 2\r\nx-a: b\r\n\r\nok`,
  ],
  ["a length that is a list of one value", `${OK}content-length: 2, 2 ,2\r\n\r\nok`, `${OK}${LENGTH}`],
  [
    "control characters in values",
    `${OK}x-a: a\x00b\x01c\x7f\rd\te\r\n${LENGTH}`,
    `${OK}x-a: a b c  d\te\r\n${LENGTH}`,
  ],
  [
    "control characters in the reason phrase",
    `HTTP/1.1 404 a\x01b\r\n${LENGTH}`,
    `HTTP/1.1 404\r\n${LENGTH}`,
  ],
  [
    "spaces around a transfer coding",
    `${OK}transfer-encoding:\tchunked \t\r\n\r\n2;x\r\nok\r\n0\r\n\r\n`,
    `${CHUNKED}2\r\nok\r\n0\r\n\r\n`,
  ],
  [
    "a transfer coding that is none before chunks",
    `${OK}Transfer-Encoding: , Identity,chunked\r\n\r\n0\r\n\r\n`,
    `${CHUNKED}0\r\n\r\n`,
  ],
  [
    "a transfer coding that is none",
    `${OK}transfer-encoding: identity\r\nx-a: b\r\n\r\nok`,
    `${OK}x-a: b\r\n\r\nok`,
  ],
  ["an empty transfer coding", `${OK}transfer-encoding:\r\n${LENGTH}`, `${OK}${LENGTH}`],
  ["a folded line", `${OK}x-a: a\r\n  b\r\n\tc\r\n${LENGTH}`, `${OK}x-a: a b c\r\n${LENGTH}`],
  // undici reads it as UTF-8: so it comes out as the same bytes.
  [
    "a reason phrase of other bytes",
    `HTTP/1.1 400 Ung\xfcltig\r\n${LENGTH}`,
    `HTTP/1.1 400 Ung\xc3\xbcltig\r\n${LENGTH}`,
  ],
  ["spaces after a size", `${CHUNKED}2  \r\nok\r\n0 \t\r\n\r\n`, `${CHUNKED}2\r\nok\r\n0\r\n\r\n`],
  [
    "extensions",
    `${CHUNKED}2;a=b\r\nok\r\n2 ; a = "b;c"\r\nok\r\n0; x\r\n\r\n`,
    `${CHUNKED}2\r\nok\r\n2\r\nok\r\n0\r\n\r\n`,
  ],
  ["bare line feeds around chunks", `${CHUNKED}2\nok\n00\n\n`, `${CHUNKED}2\r\nok\r\n00\r\n\r\n`],
  ["trailers", `${CHUNKED}2\r\nok\r\n0\r\nx-a: b\x01\nx-b: c\r\n\r\n`, `${CHUNKED}2\r\nok\r\n0\r\n\r\n`],
];

const UNTOUCHED: readonly (readonly [name: string, text: string])[] = [
  ["an answer with a length", `${OK}${LENGTH}`],
  [
    "a body that looks like a head",
    `${OK}content-length: 40\r\n\r\nHTTP/1.1 100 Continue\n\nx:\x01\ncontent-length: 1, 1`,
  ],
  [
    "chunks that are not the last coding",
    `${OK}transfer-encoding: chunked, identity\r\n\r\n2 \r\nok\r\n0\r\n\r\n`,
  ],
  ["chunks", `${CHUNKED}A\r\n0\r\n\r\n0\r\n\r\n\r\n0001\r\nx\r\n0\r\n\r\n`],
  ["values of other bytes", `${OK}x-a: \xd0\xba\xfc\r\n${LENGTH}`],
  ["lengths that differ", `${OK}content-length: 2\r\ncontent-length: 3\r\n\r\nok`],
  ["a 101", "HTTP/1.1 101 Switching Protocols\r\nupgrade: websocket\r\n\r\n\x81\x02ok"],
  ["what is not HTTP", "SSH-2.0-OpenSSH_9.6\r\n\r\n"],
  ["a size that is none", `${CHUNKED}zz\r\nok\r\n0\r\n\r\n`],
  ["a size that is too large", `${CHUNKED}${"f".repeat(14)}\r\nok`],
  ["a bare CR in an extension", `${CHUNKED}2;a\rb\r\nok\r\n0\r\n\r\n`],
  ["data that are longer than their size", `${CHUNKED}2\r\nokay\r\n0\r\n\r\n`],
];

describe("what stands before undici's parser", () => {
  it.each(MENDED)("mends %s, wherever the bytes are split", (_name, from, to) => {
    const whole = bytes(from);
    for (let at = 0; at <= whole.length; at += 1) {
      expect(mended([whole.subarray(0, at), whole.subarray(at)])).toBe(to);
    }
    expect(mended([...whole].map((byte) => Buffer.from([byte])))).toBe(to);
  });

  it.each(UNTOUCHED)("leaves %s alone, wherever the bytes are split", (_name, text) => {
    const whole = bytes(text);
    for (let at = 0; at <= whole.length; at += 1) {
      expect(mended([whole.subarray(0, at), whole.subarray(at)])).toBe(text);
    }
  });

  it("copies nothing of an answer that is as it should be", () => {
    const fields = "Content-Type: text/plain\r\nTransfer-encoding-x: \xfc\r\n";
    for (const text of [`${OK}${LENGTH}`, `${OK}${fields}${LENGTH}`, `${CHUNKED}2\r\nok\r\n0\r\n\r\n`]) {
      const whole = bytes(text);
      expect(createMender().push(whole)).toBe(whole);
    }
  });

  it("keeps no more than 64 KiB of a head without end, and 16 KiB of a line", () => {
    const head = bytes(`${OK}x: ${"y".repeat(70_000)}`);
    expect(createMender().push(head)).toBe(head);
    const line = bytes(`${CHUNKED}1;${"y".repeat(20_000)}`);
    expect(createMender().push(line).length).toBe(line.length);
  });

  it("never throws, and passes chunks of any size", () => {
    const piece = fc.uint8Array({ maxLength: 40 });
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 8 }), (pieces) => {
        mended(pieces.map((one) => Buffer.from(one)));
        mended([bytes(CHUNKED), ...pieces.map((one) => Buffer.from(one))]);
        const body = pieces.filter((one) => one.length > 0).map((one) => Buffer.from(one));
        const framed = body.map((one) => `${one.length.toString(16)} \n${one.toString("latin1")}\n`).join("");
        const right = body
          .map((one) => `${one.length.toString(16)}\r\n${one.toString("latin1")}\r\n`)
          .join("");
        expect(mended([bytes(`${CHUNKED}${framed}0\n\n`)])).toBe(`${CHUNKED}${right}0\r\n\r\n`);
      }),
    );
  });
});
