/** How the body of a request and of a response is read: both by the same rows. */

import { deepEqual, equal, ok, rejects, throws } from "node:assert/strict";
import { bytes, type Maker, OK, type Rows, text } from "./maker.ts";

type Message = Request | Response;
type Make = (content: string) => Message;

const makers = (maker: Maker): Readonly<Record<string, Make>> => ({
  "a request": (content) => maker.requestFrom({ method: "POST", body: bytes(content) }).request,
  "a response of bytes": (content) => maker.createResponse(bytes(content), OK),
  "a response of a stream": (content) =>
    maker.createResponse(maker.bodyFrom(Array.from(content, (letter) => bytes(letter))), OK),
});

const KINDS = ["a request", "a response of bytes", "a response of a stream"] as const;

/** What holds for the body of each. */
const COMMON: Readonly<Record<string, (make: Make) => Promise<void>>> = {
  "is read as text, and as JSON": async (make) => {
    equal(await make("h\u00e9llo").text(), "h\u00e9llo");
    deepEqual(await make('{"a":[1]}').json(), { a: [1] });
  },
  "that is no JSON rejects with a SyntaxError": async (make) => {
    await rejects(make("no").json(), SyntaxError);
  },
  "is read as an ArrayBuffer, and as a Blob": async (make) => {
    const buffer = await make("body").arrayBuffer();
    ok(buffer instanceof ArrayBuffer);
    equal(text(new Uint8Array(buffer)), "body");
    equal(await (await make("body").blob()).text(), "body");
  },
  "is read as bytes": async (make) => {
    const read = await make("body").bytes();
    ok(read instanceof Uint8Array);
    equal(text(read), "body");
  },
  "is read once only, and then is used": async (make) => {
    const message = make("{}");
    equal(message.bodyUsed, false);
    const first = message.text();
    equal(message.bodyUsed, true);
    equal(await first, "{}");
    await rejects(message.text(), TypeError);
    await rejects(message.json(), TypeError);
    await rejects(message.arrayBuffer(), TypeError);
  },
  "that has a reader is not to be read as text": async (make) => {
    const message = make("body");
    const reader = message.body?.getReader();
    await rejects(message.text(), TypeError);
    reader?.releaseLock();
    equal(await message.text(), "body");
  },
  "is used when something was read of it, not when it was looked at": async (make) => {
    const message = make("body");
    const reader = message.body?.getReader();
    equal(message.bodyUsed, false);
    await reader?.read();
    equal(message.bodyUsed, true);
    reader?.releaseLock();
    equal(message.bodyUsed, true);
    await rejects(message.text(), TypeError);
  },
  "that was cancelled is used": async (make) => {
    const message = make("body");
    await message.body?.cancel();
    equal(message.bodyUsed, true);
    await rejects(message.text(), TypeError);
  },
  "that was used can't be cloned": async (make) => {
    const message = make("body");
    await message.text();
    throws(() => message.clone(), TypeError);
    const locked = make("body");
    locked.body?.getReader();
    throws(() => locked.clone(), TypeError);
  },
};

const common: Rows = Object.fromEntries(
  KINDS.flatMap((kind) =>
    Object.entries(COMMON).map(([what, run]) => [
      `the body of ${kind} ${what}`,
      async (maker: Maker) => {
        const make = makers(maker)[kind];
        ok(make);
        await run(make);
      },
    ]),
  ),
);

export const messageBodies: Rows = {
  ...common,
  "the body of a response rejects every way of reading it with the error that broke it": async ({
    bodyByHand,
    createResponse,
  }) => {
    const error = new Error("reset");
    for (const how of ["text", "json", "arrayBuffer", "blob"] as const) {
      const hand = bodyByHand();
      const read = createResponse(hand.body, OK)[how]();
      hand.push(bytes("a"));
      hand.fail(error);
      await rejects(read, (thrown) => thrown === error);
    }
  },
  "the body of a response is the stream that cancels its source": async ({ bodyByHand, createResponse }) => {
    const { body, cancelled } = bodyByHand();
    await createResponse(body, OK).body?.cancel("gone");
    deepEqual(cancelled, ["gone"]);
  },
  "the body of a response is read as a form where its type says so": async ({ createResponse }) => {
    const headers = [["content-type", "application/x-www-form-urlencoded"]] as const;
    const response = createResponse(bytes("a=1&b=2"), { status: 200, statusText: "", headers });
    deepEqual(
      [...(await response.formData())],
      [
        ["a", "1"],
        ["b", "2"],
      ],
    );
  },
};
