import { describe, expect, it } from "vitest";
import { parseEvents, simulate, WEATHER } from "./support.ts";

const CHAT = { model: "m", messages: [{ role: "user", content: "Hello there" }] };
const TOOLS = [{ type: "function", function: { name: "get_weather", parameters: WEATHER } }];

describe("POST /v1/chat/completions", () => {
  it("answers with the simulator's name, a stop and usage that adds up", async () => {
    const { post } = simulate({ name: "alpha", tokens: 9 });
    const response = await post("/v1/chat/completions", CHAT);
    expect(response.headers.get("x-request-id")).toMatch(/^req_\w{24}$/);
    expect(response.headers.get("x-sim-name")).toBe("alpha");
    const body = await response.json();
    expect(body).toMatchObject({
      object: "chat.completion",
      model: "m",
      choices: [{ finish_reason: "stop" }],
    });
    const text: string = body.choices[0].message.content;
    expect(text).toMatch(/^\[alpha\] .*\.$/);
    expect(text.split(" ")).toHaveLength(9);
    expect(body.usage).toMatchObject({ prompt_tokens: 3, completion_tokens: 9, total_tokens: 12 });
  });

  it("streams the same words it says at once, a token a chunk, and ends with [DONE]", async () => {
    const options = { name: "alpha", tokens: 12 };
    const whole = await (await simulate(options).post("/v1/chat/completions", CHAT)).json();
    const response = await simulate(options).post("/v1/chat/completions", { ...CHAT, stream: true });
    expect(response.headers.get("content-type")).toMatch(/^text\/event-stream/);
    const events = parseEvents(await response.text()).map(({ data }) => data as never);
    expect(events.pop()).toBe("[DONE]");
    const deltas = events.map(
      ({ choices: [choice] }: { choices: [{ delta: { content?: string } }] }) => choice.delta,
    );
    expect(deltas[0]).toMatchObject({ role: "assistant", content: "" });
    expect(deltas).toHaveLength(1 + 12 + 1);
    expect(deltas.map(({ content = "" }) => content).join("")).toBe(whole.choices[0].message.content);
    expect(events[0]).not.toHaveProperty("usage");
    expect(events[events.length - 1]).toMatchObject({
      id: whole.id,
      choices: [{ delta: {}, finish_reason: "stop" }],
    });
  });

  it("sends usage as a last chunk without choices when asked to", async () => {
    const { post } = simulate({ tokens: 4 });
    const body = { ...CHAT, stream: true, stream_options: { include_usage: true } };
    const events = parseEvents(await (await post("/v1/chat/completions", body)).text());
    expect(events[0]?.data).toHaveProperty("usage", null);
    expect(events[events.length - 2]?.data).toMatchObject({
      choices: [],
      usage: { prompt_tokens: 3, completion_tokens: 4, total_tokens: 7 },
    });
  });

  it("stops at max_tokens with finish_reason length", async () => {
    const { post } = simulate({ tokens: 50 });
    const body = await (await post("/v1/chat/completions", { ...CHAT, max_tokens: 5 })).json();
    expect(body.choices[0].finish_reason).toBe("length");
    expect(body.usage.completion_tokens).toBe(5);
    expect(body.choices[0].message.content.split(" ")).toHaveLength(5);
  });

  it("stops before a stop sequence", async () => {
    const { post } = simulate({ tokens: 80, name: "n" });
    const body = await (await post("/v1/chat/completions", { ...CHAT, stop: ["."] })).json();
    expect(body.choices[0].finish_reason).toBe("stop");
    expect(body.choices[0].message.content).not.toContain(".");
    expect(body.usage.completion_tokens).toBeLessThan(80);
  });

  it("stops at the first stop sequence in the text, not the first in the list", async () => {
    const ask = async (stop: string | string[]): Promise<string> => {
      const body = await (
        await simulate({ tokens: 80, name: "n" }).post("/v1/chat/completions", { ...CHAT, stop })
      ).json();
      return body.choices[0].message.content;
    };
    expect(await ask(["]", "."])).toBe("[n");
    expect(await ask([".", "]"])).toBe("[n");
  });

  it.each([
    ["a part of the tool's name", "How is the weather in Paris?", "auto", ["get_weather"]],
    ["nothing of the tool's name", "Hello", "auto", undefined],
    ["a prompt that would, and a choice that forbids", "How is the weather?", "none", undefined],
    ["a choice that requires some tool", "Hello", "required", ["get_weather"]],
    [
      "a choice that names one",
      "Hello",
      { type: "function", function: { name: "get_weather" } },
      ["get_weather"],
    ],
  ])("decides about tools by %s", async (_, content, tool_choice, names) => {
    const { post } = simulate();
    const body = { model: "m", messages: [{ role: "user", content }], tools: TOOLS, tool_choice };
    const { choices } = await (await post("/v1/chat/completions", body)).json();
    const calls = choices[0].message.tool_calls as
      | { function: { name: string; arguments: string } }[]
      | undefined;
    expect(calls?.map((call) => call.function.name)).toEqual(names);
    expect(choices[0].finish_reason).toBe(names ? "tool_calls" : "stop");
    for (const call of calls ?? []) {
      const args = JSON.parse(call.function.arguments);
      expect(args).toEqual({
        city: expect.any(String),
        unit: expect.stringMatching(/celsius|fahrenheit/),
        days: expect.any(Number),
      });
      expect(args.days).toBeGreaterThanOrEqual(1);
      expect(args.days).toBeLessThanOrEqual(5);
    }
  });

  describe("with two tools that the question names", () => {
    const tools = [...TOOLS, { type: "function", function: { name: "find_hotels", parameters: WEATHER } }];
    const messages = [{ role: "user", content: "Weather and hotels, please" }];
    const ask = async (rest: object) => {
      const body = { model: "m", messages, tools, ...rest };
      return (await simulate().post("/v1/chat/completions", body)).json();
    };

    it("calls both, and one when calls must not be parallel", async () => {
      const both = (await ask({})).choices[0].message.tool_calls;
      expect(both).toHaveLength(2);
      expect(both[0].id).not.toBe(both[1].id);
      expect((await ask({ parallel_tool_calls: false })).choices[0].message.tool_calls).toHaveLength(1);
    });

    it("cuts the calls at max_tokens, inside their arguments", async () => {
      const body = await ask({ max_tokens: 3 });
      expect(body.choices[0].finish_reason).toBe("length");
      const calls: { function: { arguments: string } }[] = body.choices[0].message.tool_calls;
      expect(calls.map((call) => call.function.arguments.length)).toEqual([12]);
      expect(body.usage.completion_tokens).toBe(3);
    });
  });

  it("answers a tool's result with text", async () => {
    const { post } = simulate();
    const messages = [
      { role: "user", content: "How is the weather?" },
      {
        role: "assistant",
        tool_calls: [{ id: "c", type: "function", function: { name: "get_weather", arguments: "{}" } }],
      },
      { role: "tool", tool_call_id: "c", content: "weather: sunny" },
    ];
    const { choices } = await (
      await post("/v1/chat/completions", { model: "m", messages, tools: TOOLS })
    ).json();
    expect(choices[0].finish_reason).toBe("stop");
    expect(choices[0].message.content).toMatch(/^\[sim\]/);
  });

  it("gives JSON that fits response_format's schema", async () => {
    const { post } = simulate();
    const schema = {
      type: "object",
      properties: {
        items: { type: "array", minItems: 2, items: { $ref: "#/$defs/item" } },
        ok: { type: "boolean" },
      },
      $defs: {
        item: { type: "object", properties: { name: { type: "string" }, next: { $ref: "#/$defs/item" } } },
      },
    };
    const format = { type: "json_schema", json_schema: { name: "x", schema } };
    const { choices } = await (
      await post("/v1/chat/completions", { ...CHAT, response_format: format })
    ).json();
    const value = JSON.parse(choices[0].message.content);
    expect(value.items).toHaveLength(2);
    expect(value.items[0].name).toEqual(expect.any(String));
    expect(value.ok).toEqual(expect.any(Boolean));
  });

  it("gives n choices and counts all of them", async () => {
    const { post } = simulate({ tokens: 6 });
    const body = await (await post("/v1/chat/completions", { ...CHAT, n: 3 })).json();
    expect(body.choices.map(({ index }: { index: number }) => index)).toEqual([0, 1, 2]);
    expect(body.usage.completion_tokens).toBe(18);
  });
});
