import OpenAI, { toFile } from "openai";
import { describe, expect, it } from "vitest";
import { clients } from "./sdk-clients.ts";
import { createFakeClock, settle, WEATHER } from "./support.ts";

const CHAT = { model: "m", messages: [{ role: "user" as const, content: "Hello" }] };
const TOOL = { type: "function" as const, function: { name: "get_weather", parameters: WEATHER } };
const WEATHER_CHAT = { model: "m", messages: [{ role: "user" as const, content: "The weather, please" }] };

describe("the openai package", () => {
  it("gets a chat completion and the request's id", async () => {
    const { openai } = clients({ name: "alpha" });
    const completion = await openai.chat.completions.create(CHAT);
    expect(completion.choices[0]?.message.content).toMatch(/^\[alpha\]/);
    expect(completion._request_id).toMatch(/^req_/);
  });

  it("streams a chat completion to the same end as its own accumulator", async () => {
    const { openai } = clients({ tokens: 10 });
    const stream = openai.chat.completions.stream({ ...CHAT, stream_options: { include_usage: true } });
    let text = "";
    for await (const chunk of stream) text += chunk.choices[0]?.delta.content ?? "";
    const final = await stream.finalChatCompletion();
    expect(final.choices[0]?.message.content).toBe(text);
    expect(final.choices[0]?.finish_reason).toBe("stop");
    expect(final.usage).toMatchObject({ prompt_tokens: 2, completion_tokens: 10, total_tokens: 12 });
  });

  it("assembles tool calls from a stream", async () => {
    const { openai } = clients();
    const stream = openai.chat.completions.stream({ ...WEATHER_CHAT, tools: [TOOL] });
    const [choice] = (await stream.finalChatCompletion()).choices;
    expect(choice?.finish_reason).toBe("tool_calls");
    const [call] = choice?.message.tool_calls ?? [];
    expect(call).toMatchObject({ type: "function", function: { name: "get_weather" } });
    expect(JSON.parse(call?.type === "function" ? call.function.arguments : "")).toHaveProperty("city");
  });

  it("runs a tool and gets the closing text with its own runner", async () => {
    const { openai } = clients();
    const asked: unknown[] = [];
    const weather = (args: unknown): string => {
      asked.push(args);
      return "sunny";
    };
    const fn = { ...TOOL.function, description: "weather", function: weather, parse: JSON.parse };
    const runner = openai.chat.completions.runTools({
      ...WEATHER_CHAT,
      tools: [{ type: "function", function: fn }],
    });
    expect(await runner.finalContent()).toMatch(/^\[sim\]/);
    expect(asked).toEqual([expect.objectContaining({ city: expect.any(String) })]);
  });

  it("gets completions, plain and streamed", async () => {
    const { openai } = clients({ tokens: 4 });
    const plain = await openai.completions.create({ model: "m", prompt: "Hello" });
    expect(plain.choices[0]?.text).toMatch(/^\[sim\]/);
    const texts: string[] = [];
    for await (const { choices } of await openai.completions.create({
      model: "m",
      prompt: "Hello",
      stream: true,
    })) {
      texts.push(choices[0]?.text ?? "");
    }
    expect(texts).toHaveLength(5);
  });

  it("gets responses, plain and streamed", async () => {
    const { openai } = clients({ tokens: 8 });
    const plain = await openai.responses.create({ model: "m", input: "Hello" });
    expect(plain.output_text).toMatch(/^\[sim\]/);
    const stream = openai.responses.stream({ model: "m", input: "Hello" });
    let text = "";
    stream.on("response.output_text.delta", ({ delta }) => {
      text += delta;
    });
    const final = await stream.finalResponse();
    expect(final.status).toBe("completed");
    expect(final.output_text).toBe(text);
    expect(text.split(" ")).toHaveLength(8);
  });

  it("assembles a function call from streamed responses", async () => {
    const { openai } = clients();
    const tools = [{ type: "function" as const, name: "get_weather", parameters: WEATHER, strict: false }];
    const stream = openai.responses.stream({ model: "m", input: "weather?", tools });
    const [item] = (await stream.finalResponse()).output;
    expect(item).toMatchObject({
      type: "function_call",
      name: "get_weather",
      call_id: expect.stringMatching(/^call_/),
    });
    expect(JSON.parse(item?.type === "function_call" ? item.arguments : "")).toHaveProperty("city");
  });

  it("decodes the base64 embeddings that it asks for", async () => {
    const { openai } = clients();
    const packed = await openai.embeddings.create({ model: "m", input: ["a", "b"] });
    const plain = await openai.embeddings.create({ model: "m", input: ["a", "b"], encoding_format: "float" });
    expect(packed.data.map(({ embedding }) => embedding.length)).toEqual([1536, 1536]);
    expect(packed.data.map(({ embedding }) => embedding.slice(0, 9))).toEqual(
      plain.data.map(({ embedding }) => embedding.slice(0, 9)),
    );
  });

  it("lists and gets models", async () => {
    const { openai } = clients({ models: ["one", "org/two"] });
    const ids: string[] = [];
    for await (const model of openai.models.list()) ids.push(model.id);
    expect(ids).toEqual(["one", "org/two"]);
    expect((await openai.models.retrieve("org/two")).owned_by).toBe("sim");
  });

  it("uploads, lists, downloads and deletes a file", async () => {
    const { openai } = clients();
    const bytes = Uint8Array.from({ length: 70_000 }, (_, i) => i % 256);
    const file = await openai.files.create({ file: await toFile(bytes, "d.bin"), purpose: "user_data" });
    expect(file).toMatchObject({ bytes: 70_000, filename: "d.bin", purpose: "user_data" });
    const names: string[] = [];
    for await (const listed of openai.files.list({ limit: 1 })) names.push(listed.filename);
    expect(names).toEqual(["d.bin"]);
    expect((await openai.files.retrieve(file.id)).status).toBe("processed");
    const content = await openai.files.content(file.id);
    expect(Buffer.compare(Buffer.from(await content.arrayBuffer()), bytes)).toBe(0);
    expect(await openai.files.delete(file.id)).toMatchObject({ deleted: true });
    await expect(openai.files.retrieve(file.id)).rejects.toBeInstanceOf(OpenAI.NotFoundError);
  });

  it.each([
    [400, OpenAI.BadRequestError],
    [401, OpenAI.AuthenticationError],
    [404, OpenAI.NotFoundError],
    [429, OpenAI.RateLimitError],
    [503, OpenAI.InternalServerError],
  ])("throws its own error for a %i", async (status, kind) => {
    const { openai } = clients();
    const asking = openai.chat.completions.create(CHAT, { headers: { "x-sim-status": String(status) } });
    await expect(asking).rejects.toBeInstanceOf(kind);
    await expect(asking).rejects.toMatchObject({ status, requestID: expect.stringMatching(/^req_/) });
  });

  it("aborts a stream, and the generation ends", async () => {
    const clock = createFakeClock();
    const { app, openai } = clients({ tokensPerSecond: 1 }, clock);
    const stream = await openai.chat.completions.create({ ...CHAT, stream: true });
    let chunks = 0;
    for await (const _ of stream) if (++chunks === 2) break;
    await settle();
    expect(stream.controller.signal.aborted).toBe(true);
    expect(clock.pending).toBe(0);
    expect(await (await app.request("/sim/stats")).json()).toMatchObject({ open: 0, cancelled: 1 });
  });
});
