import Anthropic, { APIError, APIUserAbortError } from "@anthropic-ai/sdk";
import { expect } from "vitest";
import { contract, type Row, simpleConfig } from "../support/contract.ts";
import { type SimulatorServer, startSimulator } from "../support/simulator-server.ts";
import { eventually } from "../support/wait.ts";

interface Fixture {
  readonly anthropic: Anthropic;
  readonly simulator: SimulatorServer;
}

const hello = {
  model: "sim-small",
  max_tokens: 200,
  messages: [{ role: "user" as const, content: "Say hello." }],
};

const tools = [
  {
    name: "get_weather",
    description: "The weather in a city",
    input_schema: { type: "object" as const, properties: { city: { type: "string" } }, required: ["city"] },
  },
];

const rows: readonly Row<Fixture>[] = [
  {
    name: "a message comes whole, with its usage",
    async run({ anthropic }) {
      const message = await anthropic.messages.create(hello);
      expect(message.content[0]).toMatchObject({ type: "text" });
      expect(message.usage.output_tokens).toBeGreaterThan(0);
    },
  },
  {
    name: "a message streams to its end",
    async run({ anthropic }) {
      const headers = { "x-sim-tokens": "20", "x-sim-tokens-per-second": "100", "x-sim-seed": "7" };
      const stream = anthropic.messages.stream(hello, { headers });
      let text = "";
      stream.on("text", (delta) => {
        text += delta;
      });
      const final = await stream.finalMessage();
      expect(final.stop_reason).toBe("end_turn");
      const whole = await anthropic.messages.create(hello, { headers });
      expect(whole.content[0]).toMatchObject({ text });
    },
  },
  {
    name: "a tool call comes whole, and streamed",
    async run({ anthropic }) {
      const request = { ...hello, tools, tool_choice: { type: "any" as const } };
      const whole = await anthropic.messages.create(request);
      expect(whole.stop_reason).toBe("tool_use");
      const streamed = await anthropic.messages.stream(request).finalMessage();
      const call = streamed.content.find(({ type }) => type === "tool_use");
      expect(call).toMatchObject({ name: "get_weather", input: { city: expect.any(String) } });
    },
  },
  {
    name: "an error is the error that the upstream gave",
    async run({ anthropic }) {
      const headers = { "x-sim-status": "529" };
      const error = await anthropic.messages
        .create(hello, { headers, maxRetries: 0 })
        .catch((e: unknown) => e);
      expect(error).toBeInstanceOf(APIError);
      expect(error).toMatchObject({
        status: 529,
        error: { type: "error", error: { type: "overloaded_error" } },
      });
    },
  },
  {
    name: "an abort in mid-stream reaches the upstream",
    async run({ anthropic, simulator }) {
      const before = Number((await simulator.stats())["cancelled"]);
      const headers = { "x-sim-tokens": "1000", "x-sim-tokens-per-second": "50" };
      const stream = anthropic.messages.stream({ ...hello, max_tokens: 1000 }, { headers });
      stream.on("text", () => stream.abort());
      await expect(stream.finalMessage()).rejects.toBeInstanceOf(APIUserAbortError);
      await eventually(
        async () => Number((await simulator.stats())["cancelled"]) > before,
        2_000,
        "the upstream sees that the client left",
      );
    },
  },
  {
    name: "tokens are counted",
    async run({ anthropic }) {
      const { model, messages } = hello;
      expect((await anthropic.messages.countTokens({ model, messages })).input_tokens).toBeGreaterThan(0);
    },
  },
];

contract<Fixture>(
  "the official Anthropic SDK",
  async (kit) => {
    const simulator = await startSimulator({ name: "sim" });
    kit.scope.defer(() => simulator.close());
    const proxy = await kit.start(simpleConfig({ upstreams: [["simulator", simulator.url]] }));
    const baseURL = `http://127.0.0.1:${proxy.port("main")}`;
    return { simulator, anthropic: new Anthropic({ baseURL, apiKey: "test" }) };
  },
  rows,
);
