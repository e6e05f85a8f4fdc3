import OpenAI from "openai";
import { expect } from "vitest";
import { contract, type Row } from "../support/contract.ts";
import { type Program, run } from "../support/programs.ts";

interface Fixture {
  readonly demo: Program;
}

/** The first text that a pattern's group catches in what the demo printed. */
function printed(demo: Program, pattern: RegExp): string {
  const found = pattern.exec(demo.stdout)?.[1];
  if (found === undefined) throw new Error(`the demo did not print ${pattern}: ${demo.stdout}`);
  return found;
}

const hello = { model: "sim-small", messages: [{ role: "user" as const, content: "Hello!" }] };

/** Runs a printed curl line's POST. */
async function post(url: string): Promise<void> {
  const response = await fetch(url, { method: "POST" });
  expect(response.status).toBe(200);
}

async function metric(demo: Program, name: string): Promise<number> {
  const metrics = printed(demo, /(http:\S+\/metrics)/);
  const text = await (await fetch(metrics)).text();
  const lines = text.split("\n").filter((line) => line.startsWith(name));
  return lines.reduce((sum, line) => sum + Number(line.slice(line.lastIndexOf(" "))), 0);
}

const rows: readonly Row<Fixture>[] = [
  {
    name: "an SDK works on the printed base URL, streaming included",
    async run({ demo }) {
      const openai = new OpenAI({ baseURL: printed(demo, /baseURL: "([^"]+\/v1)"/), apiKey: "demo" });
      const short = { headers: { "x-sim-tokens": "5" } };
      const whole = await openai.chat.completions.create(hello, short);
      expect(whole.choices[0]?.message.content).toMatch(/\[(fast|slow|flaky)\]/);
      let chunks = 0;
      const stream = await openai.chat.completions.create({ ...hello, stream: true }, short);
      for await (const _ of stream) chunks += 1;
      expect(chunks).toBeGreaterThan(3);
    },
  },
  {
    name: "killing an upstream moves a metric and costs no client an answer; reviving brings it back",
    timeout: 60_000,
    async run({ demo }) {
      const openai = new OpenAI({
        baseURL: printed(demo, /baseURL: "([^"]+\/v1)"/),
        apiKey: "demo",
        maxRetries: 0,
      });
      const refused = 'llmproxy_upstream_errors_total{error="refused"';
      expect(await metric(demo, refused)).toBe(0);
      await post(printed(demo, /curl -X POST (http:\S+\/upstreams\/fast\/kill)/));
      const upstreams: (string | null)[] = [];
      for (let i = 0; i < 6; i += 1) {
        const { response } = await openai.chat.completions
          .create(hello, { headers: { "x-sim-tokens": "3", "x-sim-error-rate": "0" } })
          .withResponse();
        upstreams.push(response.headers.get("x-llmproxy-upstream"));
      }
      expect(upstreams).not.toContain("fast");
      expect(await metric(demo, refused)).toBeGreaterThan(0);

      await post(printed(demo, /curl -X POST (http:\S+\/upstreams\/fast\/revive)/));
      const after: (string | null)[] = [];
      for (let i = 0; i < 6 && !after.includes("fast"); i += 1) {
        const { response } = await openai.chat.completions
          .create(hello, { headers: { "x-sim-tokens": "3", "x-sim-error-rate": "0" } })
          .withResponse();
        after.push(response.headers.get("x-llmproxy-upstream"));
      }
      expect(after).toContain("fast");
    },
  },
  {
    name: "it stops cleanly",
    async run({ demo }) {
      demo.signal("SIGTERM");
      expect(await demo.exited()).toBe(0);
    },
  },
];

contract<Fixture>(
  "the demo",
  async (kit) => {
    const demo = run(kit.program, { args: ["--demo"] });
    kit.scope.defer(() => demo.stop());
    await demo.logged((line) => line["msg"] === "listening" && line["name"] === "preferred", 20_000);
    return { demo };
  },
  rows,
);
