import { describe, expect, it } from "vitest";
import { parseEvents, simulate, WEATHER } from "./support.ts";

const ASK = { model: "m", max_tokens: 50, messages: [{ role: "user", content: "Hello there" }] };
const TOOLS = [{ name: "get_weather", input_schema: WEATHER }];

describe("POST /v1/messages", () => {
  it("answers with a text block and usage", async () => {
    const response = await simulate({ name: "alpha", tokens: 7 }).post("/v1/messages", ASK);
    expect(response.headers.get("request-id")).toMatch(/^req_/);
    expect(response.headers.has("x-request-id")).toBe(false);
    expect(await response.json()).toMatchObject({
      type: "message",
      content: [{ type: "text", text: expect.stringMatching(/^\[alpha\]/) }],
      stop_reason: "end_turn",
      stop_sequence: null,
      usage: { input_tokens: 3, output_tokens: 7 },
    });
  });

  it("streams its events in order, a ping among them", async () => {
    const response = await simulate({ tokens: 2 }).post("/v1/messages", { ...ASK, stream: true });
    const events = parseEvents(await response.text());
    expect(events.map(({ name }) => name)).toEqual([
      "message_start",
      "content_block_start",
      "ping",
      "content_block_delta",
      "content_block_delta",
      "content_block_stop",
      "message_delta",
      "message_stop",
    ]);
    for (const { name, data } of events) expect(data).toHaveProperty("type", name);
    expect(events[6]?.data).toMatchObject({
      delta: { stop_reason: "end_turn" },
      usage: { output_tokens: 2 },
    });
  });

  it("streams a tool's input as pieces of JSON", async () => {
    const body = { ...ASK, tools: TOOLS, tool_choice: { type: "any" }, stream: true };
    const events = parseEvents(await (await simulate().post("/v1/messages", body)).text());
    const data = events.map((event) => event.data as { type: string; delta?: { partial_json?: string } });
    expect(data[1]).toMatchObject({ content_block: { type: "tool_use", name: "get_weather", input: {} } });
    const json = data.map(({ delta }) => delta?.partial_json ?? "").join("");
    expect(JSON.parse(json)).toHaveProperty("city");
    expect(data[data.length - 2]).toMatchObject({ delta: { stop_reason: "tool_use" } });
  });

  it("names max_tokens and the stop sequence as reasons", async () => {
    const { post } = simulate({ tokens: 60 });
    const cut = await (await post("/v1/messages", { ...ASK, max_tokens: 4 })).json();
    expect(cut).toMatchObject({ stop_reason: "max_tokens", usage: { output_tokens: 4 } });
    const stopped = await (await post("/v1/messages", { ...ASK, stop_sequences: ["."] })).json();
    expect(stopped).toMatchObject({ stop_reason: "stop_sequence", stop_sequence: "." });
  });

  it("answers a tool's result with text", async () => {
    const messages = [
      ...ASK.messages,
      { role: "user", content: [{ type: "tool_result", tool_use_id: "t", content: "weather" }] },
    ];
    const body = await (await simulate().post("/v1/messages", { ...ASK, messages, tools: TOOLS })).json();
    expect(body.stop_reason).toBe("end_turn");
  });

  it.each([
    [{ ...ASK, max_tokens: undefined }, "max_tokens: Field required"],
    [{ ...ASK, messages: undefined }, "messages: Field required"],
    [{ ...ASK, messages: [] }, "messages: at least one message is required"],
  ])("refuses %j in Anthropic's words", async (body, message) => {
    const response = await simulate().post("/v1/messages", body);
    expect(response.status).toBe(400);
    expect(await response.json()).toMatchObject({
      type: "error",
      error: { type: "invalid_request_error", message },
      request_id: response.headers.get("request-id"),
    });
  });

  it("counts the tokens that an answer reports as input", async () => {
    const { post } = simulate();
    const body = { ...ASK, system: "Be brief.", tools: TOOLS };
    const counted = await (await post("/v1/messages/count_tokens", body)).json();
    const { usage } = await (await post("/v1/messages", body)).json();
    expect(counted).toEqual({ input_tokens: usage.input_tokens });
    expect(counted.input_tokens).toBeGreaterThan(20);
  });
});

describe("Ollama's API", () => {
  const lines = async (response: Response) =>
    (await response.text())
      .trimEnd()
      .split("\n")
      .map((text) => JSON.parse(text));

  it("streams chat as lines of JSON unless told not to, with counts in the last", async () => {
    const { post } = simulate({ tokens: 3, name: "n" });
    const response = await post("/api/chat", { model: "m", messages: ASK.messages });
    expect(response.headers.get("content-type")).toBe("application/x-ndjson");
    const said = await lines(response);
    expect(said).toHaveLength(4);
    expect(said[0]).toMatchObject({ message: { role: "assistant", content: "[n]" }, done: false });
    expect(said[3]).toMatchObject({
      message: { content: "" },
      done: true,
      done_reason: "stop",
      prompt_eval_count: 3,
      eval_count: 3,
    });
  });

  it("answers in one piece with stream false", async () => {
    const { post } = simulate({ tokens: 9 });
    const body = { model: "m", prompt: "Hello", stream: false, options: { num_predict: 4 } };
    const answer = await (await post("/api/generate", body)).json();
    expect(answer).toMatchObject({ done: true, done_reason: "length", eval_count: 4 });
    expect(answer.response.split(" ")).toHaveLength(4);
  });

  it("calls tools with arguments as an object", async () => {
    const tools = [{ type: "function", function: { name: "get_weather", parameters: WEATHER } }];
    const messages = [{ role: "user", content: "weather?" }];
    const said = await lines(await simulate().post("/api/chat", { model: "m", messages, tools }));
    expect(said).toHaveLength(2);
    expect(said[0].message.tool_calls).toEqual([
      { function: { name: "get_weather", arguments: expect.objectContaining({ city: expect.any(String) }) } },
    ]);
  });

  it("loads a model when nothing is asked, lists tags, and knows its own errors", async () => {
    const { post, app } = simulate({ models: ["here"] });
    expect(await (await post("/api/chat", { model: "here" })).json()).toMatchObject({
      done: true,
      done_reason: "load",
    });
    expect(await (await app.request("/api/tags")).json()).toMatchObject({ models: [{ name: "here" }] });
    const missing = await post("/api/generate", { model: "gone", prompt: "x" });
    expect(missing.status).toBe(404);
    expect(await missing.json()).toEqual({ error: 'model "gone" not found, try pulling it first' });
  });
});
