import Anthropic from "@anthropic-ai/sdk";
import { describe, expect, it } from "vitest";
import { clients } from "./sdk-clients.ts";
import { createFakeClock, settle, WEATHER } from "./support.ts";

const CHAT = { model: "m", messages: [{ role: "user" as const, content: "Hello" }] };
const WEATHER_CHAT = { model: "m", messages: [{ role: "user" as const, content: "The weather, please" }] };

describe("the @anthropic-ai/sdk package", () => {
  const ASK = { ...CHAT, max_tokens: 100 };
  const TOOLS: Anthropic.Tool[] = [{ name: "get_weather", input_schema: { ...WEATHER, type: "object" } }];

  it("gets a message and the request's id", async () => {
    const { anthropic } = clients({ name: "alpha", tokens: 5 });
    const message = await anthropic.messages.create(ASK);
    expect(message.content).toMatchObject([{ type: "text", text: expect.stringMatching(/^\[alpha\]/) }]);
    expect(message.usage).toMatchObject({ input_tokens: 2, output_tokens: 5 });
    expect(message._request_id).toMatch(/^req_/);
  });

  it("streams a message to the same end as its own accumulator", async () => {
    const { anthropic } = clients({ tokens: 10 });
    const stream = anthropic.messages.stream(ASK);
    let text = "";
    stream.on("text", (delta) => {
      text += delta;
    });
    const final = await stream.finalMessage();
    expect(final.content).toMatchObject([{ type: "text", text }]);
    expect(text.split(" ")).toHaveLength(10);
    expect(final).toMatchObject({ stop_reason: "end_turn", usage: { input_tokens: 2, output_tokens: 10 } });
  });

  it.each([true, false])("gets a tool's input as an object (streamed: %s)", async (streamed) => {
    const { anthropic } = clients();
    const body = { ...ASK, ...WEATHER_CHAT, tools: TOOLS };
    const message = streamed
      ? await anthropic.messages.stream(body).finalMessage()
      : await anthropic.messages.create(body);
    expect(message.stop_reason).toBe("tool_use");
    expect(message.content).toMatchObject([
      {
        type: "tool_use",
        name: "get_weather",
        id: expect.stringMatching(/^toolu_/),
        input: { city: expect.any(String) },
      },
    ]);
  });

  it("counts tokens and lists models", async () => {
    const { anthropic } = clients({ models: ["one"] });
    expect(await anthropic.messages.countTokens({ ...CHAT, model: "one" })).toMatchObject({
      input_tokens: 2,
    });
    const ids: string[] = [];
    for await (const model of anthropic.models.list()) ids.push(model.id);
    expect(ids).toEqual(["one"]);
    expect((await anthropic.models.retrieve("one")).display_name).toBe("one");
  });

  it.each([
    [400, Anthropic.BadRequestError, "invalid_request_error"],
    [401, Anthropic.AuthenticationError, "authentication_error"],
    [404, Anthropic.NotFoundError, "not_found_error"],
    [429, Anthropic.RateLimitError, "rate_limit_error"],
    [529, Anthropic.InternalServerError, "overloaded_error"],
  ])("throws its own error for a %i", async (status, kind, type) => {
    const { anthropic } = clients();
    const asking = anthropic.messages.create(ASK, { headers: { "x-sim-status": String(status) } });
    await expect(asking).rejects.toBeInstanceOf(kind);
    await expect(asking).rejects.toMatchObject({ status, error: { error: { type } } });
  });

  it("aborts a stream, and the generation ends", async () => {
    const clock = createFakeClock();
    const { app, anthropic } = clients({ firstTokenMs: 1000 }, clock);
    const stream = anthropic.messages.stream(ASK);
    const outcome = stream.finalMessage().catch((error: unknown) => error);
    await settle();
    await settle();
    stream.abort();
    expect(await outcome).toBeInstanceOf(Anthropic.APIUserAbortError);
    await settle();
    expect(clock.pending).toBe(0);
    expect(await (await app.request("/sim/stats")).json()).toMatchObject({ open: 0, cancelled: 1 });
  });
});
