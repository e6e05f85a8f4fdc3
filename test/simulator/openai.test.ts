import { describe, expect, it } from "vitest";
import { parseEvents, simulate } from "./support.ts";

describe("POST /v1/completions", () => {
  it("answers with 16 tokens at most unless told otherwise", async () => {
    const { post } = simulate({ tokens: 40 });
    const body = await (await post("/v1/completions", { model: "m", prompt: "Say" })).json();
    expect(body).toMatchObject({ object: "text_completion", choices: [{ finish_reason: "length" }] });
    expect(body.usage).toMatchObject({ completion_tokens: 16, total_tokens: 17 });
  });

  it("streams texts and a finish", async () => {
    const { post } = simulate({ tokens: 3, name: "n" });
    const events = parseEvents(
      await (await post("/v1/completions", { model: "m", prompt: "Say", stream: true })).text(),
    );
    expect(events.map(({ data }) => data)).toMatchObject([
      { choices: [{ text: "[n]", finish_reason: null }] },
      { choices: [{ text: expect.stringMatching(/^ \w/) }] },
      { choices: [{ text: expect.stringMatching(/^ .*\.$/) }] },
      { choices: [{ text: "", finish_reason: "stop" }] },
      "[DONE]",
    ]);
  });
});

describe("POST /v1/responses", () => {
  it("answers with a message item and usage that adds up", async () => {
    const { post } = simulate({ tokens: 5 });
    const body = await (await post("/v1/responses", { model: "m", input: "Hello there" })).json();
    expect(body).toMatchObject({
      object: "response",
      status: "completed",
      output: [
        { type: "message", content: [{ type: "output_text", text: expect.stringMatching(/^\[sim\]/) }] },
      ],
      usage: { input_tokens: 3, output_tokens: 5, total_tokens: 8 },
    });
  });

  it("streams the event family with sequence numbers without a gap", async () => {
    const { post } = simulate({ tokens: 2 });
    const events = parseEvents(
      await (await post("/v1/responses", { model: "m", input: "Hi", stream: true })).text(),
    );
    expect(events.map(({ name }) => name)).toEqual([
      "response.created",
      "response.in_progress",
      "response.output_item.added",
      "response.content_part.added",
      "response.output_text.delta",
      "response.output_text.delta",
      "response.output_text.done",
      "response.content_part.done",
      "response.output_item.done",
      "response.completed",
    ]);
    for (const [index, { name, data }] of events.entries()) {
      expect(data).toMatchObject({ type: name, sequence_number: index });
    }
  });

  it("ends as incomplete at max_output_tokens", async () => {
    const { post } = simulate({ tokens: 30 });
    const body = { model: "m", input: "Hi", stream: true, max_output_tokens: 3 };
    const events = parseEvents(await (await post("/v1/responses", body)).text());
    expect(events[events.length - 1]).toMatchObject({
      name: "response.incomplete",
      data: { response: { status: "incomplete", incomplete_details: { reason: "max_output_tokens" } } },
    });
  });
});

describe("POST /v1/embeddings", () => {
  const ask = async (body: object) =>
    (await simulate().post("/v1/embeddings", { model: "m", ...body })).json();

  it("gives unit vectors that depend on the text alone, as numbers or base64 of the same floats", async () => {
    const plain = await ask({ input: ["a", "b", "a"], dimensions: 8 });
    const vectors = plain.data.map(({ embedding }: { embedding: number[] }) => embedding) as number[][];
    expect(vectors[0]).toEqual(vectors[2]);
    expect(vectors[0]).not.toEqual(vectors[1]);
    expect(Math.hypot(...(vectors[0] ?? []))).toBeCloseTo(1, 5);
    expect(plain.usage).toEqual({ prompt_tokens: 3, total_tokens: 3 });
    const packed = await ask({ input: "a", dimensions: 8, encoding_format: "base64" });
    const bytes = Buffer.from(packed.data[0].embedding, "base64");
    expect([0, 1, 2, 3, 4, 5, 6, 7].map((i) => bytes.readFloatLE(i * 4))).toEqual(vectors[0]);
  });

  it("refuses an empty input and too many numbers", async () => {
    expect(await ask({ input: [] })).toMatchObject({ error: { param: "input" } });
    expect(await ask({ input: "a", dimensions: 5000 })).toMatchObject({ error: { param: "dimensions" } });
  });
});

describe("GET /v1/models", () => {
  it("lists the models there are, and knows no other", async () => {
    const { app } = simulate({ models: ["one", "org/two"] });
    const list = await (await app.request("/v1/models")).json();
    expect(list.data.map(({ id }: { id: string }) => id)).toEqual(["one", "org/two"]);
    expect(await (await app.request("/v1/models/org%2Ftwo")).json()).toMatchObject({
      id: "org/two",
      object: "model",
    });
    expect((await app.request("/v1/models/three")).status).toBe(404);
  });

  it("speaks Anthropic's shape to Anthropic's SDKs", async () => {
    const { app } = simulate();
    const list = await (
      await app.request("/v1/models", { headers: { "anthropic-version": "2023-06-01" } })
    ).json();
    expect(list).toMatchObject({
      data: [{ type: "model" }, { type: "model" }],
      has_more: false,
      first_id: "sim-large",
    });
  });
});
