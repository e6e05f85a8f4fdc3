import { expect, it } from "vitest";
import { streamOf } from "../../../adapters/deno/source-stream.ts";
import { createSource } from "../../../adapters/shared/light/source.ts";
import { bytes } from "../node/support.ts";

const createFeed = () => createSource({ resume() {}, cancel() {} });

it("gives a chunk that nobody waited for before the error that came after it", async () => {
  const feed = createFeed();
  const reader = streamOf(feed).getReader();
  const first = reader.read();
  feed.push(bytes("first"));
  feed.push(bytes("second"));
  feed.fail(new Error("cut"));
  expect((await first).value).toEqual(bytes("first"));
  // The error has long come when the client takes more.
  await new Promise((resolve) => setTimeout(resolve, 20));
  expect((await reader.read()).value).toEqual(bytes("second"));
  await expect(reader.read()).rejects.toThrow("cut");
});

it("gives the error at once to a reader that waits for it", async () => {
  const feed = createFeed();
  const reader = streamOf(feed).getReader();
  const read = reader.read();
  feed.fail(new Error("cut"));
  await expect(read).rejects.toThrow("cut");
});

it("ends after chunks that nobody waited for", async () => {
  const feed = createFeed();
  const reader = streamOf(feed).getReader();
  const first = reader.read();
  feed.push(bytes("first"));
  feed.push(bytes("second"));
  feed.done();
  expect((await first).value).toEqual(bytes("first"));
  expect((await reader.read()).value).toEqual(bytes("second"));
  expect((await reader.read()).done).toBe(true);
});
