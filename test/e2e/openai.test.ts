import OpenAI, { APIError, APIUserAbortError, RateLimitError, toFile } from "openai";
import { expect } from "vitest";
import { contract, type Row, simpleConfig } from "../support/contract.ts";
import { type SimulatorServer, startSimulator } from "../support/simulator-server.ts";
import { eventually } from "../support/wait.ts";

interface Fixture {
  readonly openai: OpenAI;
  readonly simulator: SimulatorServer;
}

const hello = {
  model: "gpt-4o",
  messages: [{ role: "user" as const, content: "Say hello." }],
};

const tools = [
  {
    type: "function" as const,
    function: {
      name: "get_weather",
      description: "The weather in a city",
      parameters: { type: "object", properties: { city: { type: "string" } }, required: ["city"] },
    },
  },
];

const rows: readonly Row<Fixture>[] = [
  {
    name: "a chat completion comes whole, with its usage",
    async run({ openai }) {
      const { data, response } = await openai.chat.completions.create(hello).withResponse();
      expect(data.choices[0]?.message.content).toMatch(/\w+/);
      expect(data.usage?.total_tokens).toBeGreaterThan(0);
      expect(response.headers.get("x-llmproxy-upstream")).toBe("simulator");
    },
  },
  {
    name: "a chat completion streams, token by token, to its usage",
    async run({ openai }) {
      const started = performance.now();
      let first: number | undefined;
      let text = "";
      let usage: number | undefined;
      const headers = { "x-sim-tokens": "20", "x-sim-tokens-per-second": "50", "x-sim-seed": "7" };
      const streaming = { ...hello, stream: true as const, stream_options: { include_usage: true } };
      for await (const chunk of await openai.chat.completions.create(streaming, { headers })) {
        const delta = chunk.choices[0]?.delta.content ?? "";
        if (delta !== "") first ??= performance.now() - started;
        text += delta;
        usage = chunk.usage?.completion_tokens ?? usage;
      }
      const whole = await openai.chat.completions.create(hello, { headers });
      expect(text).toBe(whole.choices[0]?.message.content);
      expect(usage).toBe(20);
      expect(first).toBeLessThan((performance.now() - started) / 2);
    },
  },
  {
    name: "a tool call comes whole, and streamed",
    async run({ openai }) {
      const request = { ...hello, tools, tool_choice: "required" as const };
      const whole = await openai.chat.completions.create(request);
      const call = whole.choices[0]?.message.tool_calls?.[0];
      expect(call).toMatchObject({ type: "function", function: { name: "get_weather" } });
      const runner = openai.chat.completions.stream(request);
      const streamed = await runner.finalChatCompletion();
      expect(streamed.choices[0]?.finish_reason).toBe("tool_calls");
      const args = streamed.choices[0]?.message.tool_calls?.[0];
      expect(args?.type === "function" && JSON.parse(args.function.arguments)).toHaveProperty("city");
    },
  },
  {
    name: "the responses API streams its events to the end",
    async run({ openai }) {
      const types: string[] = [];
      for await (const event of await openai.responses.create({
        model: "gpt-4o",
        input: "Hi",
        stream: true,
      })) {
        types.push(event.type);
      }
      expect(types[0]).toBe("response.created");
      expect(types.at(-1)).toBe("response.completed");
    },
  },
  {
    name: "an error is the error that the upstream gave",
    async run({ openai }) {
      const headers = { "x-sim-status": "429", "x-sim-retry-after": "0" };
      const error = await openai.chat.completions
        .create(hello, { headers, maxRetries: 0 })
        .catch((e: unknown) => e);
      expect(error).toBeInstanceOf(RateLimitError);
      const bad = await openai.chat.completions
        .create({ model: "gpt-4o", messages: [] }, { maxRetries: 0 })
        .catch((e: unknown) => e);
      expect(bad).toMatchObject({ status: 400 });
      expect(bad).toBeInstanceOf(APIError);
    },
  },
  {
    name: "an abort in mid-stream reaches the upstream",
    async run({ openai, simulator }) {
      const before = Number((await simulator.stats())["cancelled"]);
      const headers = { "x-sim-tokens": "1000", "x-sim-tokens-per-second": "50" };
      const stream = await openai.chat.completions.create({ ...hello, stream: true }, { headers });
      let seen = 0;
      const reading = (async () => {
        for await (const _ of stream) {
          seen += 1;
          if (seen === 5) stream.controller.abort();
        }
      })();
      await reading.catch((error: unknown) => expect(error).toBeInstanceOf(APIUserAbortError));
      await eventually(
        async () => Number((await simulator.stats())["cancelled"]) > before,
        2_000,
        "the upstream sees that the client left",
      );
    },
  },
  {
    name: "a file is uploaded, listed, downloaded byte for byte, and deleted",
    async run({ openai }) {
      const bytes = new Uint8Array(300_000).map((_, i) => (i * 31) & 0xff);
      const uploaded = await openai.files.create({
        file: await toFile(bytes, "data.jsonl"),
        purpose: "batch",
      });
      expect(uploaded.bytes).toBe(bytes.byteLength);
      const content = await openai.files.content(uploaded.id);
      expect(Buffer.from(await content.arrayBuffer()).equals(Buffer.from(bytes))).toBe(true);
      expect((await openai.files.list()).data.map(({ id }) => id)).toContain(uploaded.id);
      expect((await openai.files.delete(uploaded.id)).deleted).toBe(true);
    },
  },
  {
    name: "embeddings and models come through",
    async run({ openai }) {
      const embedding = await openai.embeddings.create({
        model: "text-embedding-3-small",
        input: ["a", "b"],
      });
      expect(embedding.data).toHaveLength(2);
      expect(embedding.data[0]?.embedding.length).toBeGreaterThan(8);
      expect((await openai.models.list()).data.length).toBeGreaterThan(0);
    },
  },
];

contract<Fixture>(
  "the official OpenAI SDK",
  async (kit) => {
    const simulator = await startSimulator({ name: "sim" });
    kit.scope.defer(() => simulator.close());
    const proxy = await kit.start(simpleConfig({ upstreams: [["simulator", `${simulator.url}/v1`]] }));
    const baseURL = `http://127.0.0.1:${proxy.port("main")}/v1`;
    return { simulator, openai: new OpenAI({ baseURL, apiKey: "test" }) };
  },
  rows,
);
