/** A stream that fails over under the official OpenAI SDK, which sees nothing of it. */

import OpenAI from "openai";
import { expect } from "vitest";
import * as wire from "../conformance/wire.ts";
import { hang, raw, rawThenBad, rawThenReset } from "../support/behaviours.ts";
import { contract, type Row, simpleConfig } from "../support/contract.ts";
import type { Behaviour, FaultUpstream } from "../support/fault-upstream.ts";
import { startSimulator } from "../support/simulator-server.ts";

interface Fixture {
  readonly openai: OpenAI;
  readonly bad: FaultUpstream;
}

const PATH = "/v1/chat/completions";

const faults: readonly (readonly [name: string, behaviour: Behaviour])[] = [
  ["is reset", rawThenReset()],
  ["is silent", hang],
  ["breaks before its first token", rawThenBad(wire.SSE + wire.chunk(wire.ROLE))],
  ["is an error inside a 200", raw(wire.SSE + wire.chunk(wire.errorEvent("server_error")) + wire.END)],
  ["ends before its first token", raw(wire.SSE + wire.chunk(wire.ROLE) + wire.END)],
];

const rows: readonly Row<Fixture>[] = [
  ...faults.map(
    ([name, behaviour]): Row<Fixture> => ({
      name: `a stream that ${name} comes whole from the next upstream`,
      async run({ openai, bad }) {
        const before = bad.requests(PATH).length;
        bad.on(PATH, behaviour);
        const { data: stream, response } = await openai.chat.completions
          .create(
            { model: "gpt-4o", messages: [{ role: "user", content: "Say hello." }], stream: true },
            { maxRetries: 0, headers: { "x-sim-tokens": "12" } },
          )
          .withResponse();
        let text = "";
        let finish: string | null | undefined;
        for await (const { choices } of stream) {
          text += choices[0]?.delta.content ?? "";
          finish = choices[0]?.finish_reason ?? finish;
        }
        expect(text.length).toBeGreaterThan(10);
        expect(finish).toBe("stop");
        expect(bad.requests(PATH).length - before).toBe(1);
        expect(response.headers.get("x-llmproxy-upstream")).toBe("good");
        expect(response.headers.get("x-llmproxy-attempts")).toBe("2");
      },
    }),
  ),
  {
    name: "a stream that breaks after its first token is an error, and no end",
    async run({ openai, bad }) {
      bad.on(PATH, rawThenBad(wire.SSE + wire.chunk(wire.ROLE + wire.HELLO)));
      const stream = await openai.chat.completions.create(
        { model: "gpt-4o", messages: [{ role: "user", content: "Say hello." }], stream: true },
        { maxRetries: 0 },
      );
      let text = "";
      const reading = (async () => {
        for await (const { choices } of stream) text += choices[0]?.delta.content ?? "";
      })();
      await expect(reading).rejects.toThrow();
      expect(text).toBe("Hello");
    },
  },
];

contract<Fixture>(
  "the official OpenAI SDK while upstreams fail",
  async (kit) => {
    const bad = await kit.upstream({ keepAlive: false });
    const simulator = await startSimulator({ name: "sim" });
    kit.scope.defer(() => simulator.close());
    const proxy = await kit.start(
      simpleConfig({
        upstreams: [
          ["bad", `${bad.url}/v1`],
          ["good", `${simulator.url}/v1`],
        ],
        client: "timeout: {connect: 1, request: 1, stall: 1}",
      }),
    );
    return {
      bad,
      openai: new OpenAI({ baseURL: `http://127.0.0.1:${proxy.port("main")}/v1`, apiKey: "test" }),
    };
  },
  rows,
);
