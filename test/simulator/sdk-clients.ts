import Anthropic from "@anthropic-ai/sdk";
import OpenAI from "openai";
import { systemClock } from "../../src/base/clock.ts";
import type { SimulatorOptions } from "../../src/simulator/options.ts";
import { createSimulator } from "../../src/simulator/simulator.ts";

/** The official clients, whose fetch is the simulator: no sockets, all else as in production. */
export function clients(options: SimulatorOptions = {}, clock = systemClock) {
  const app = createSimulator(options, { clock });
  const fetch = async (url: string | URL | Request, init?: RequestInit): Promise<Response> =>
    app.fetch(new Request(url, init));
  return {
    app,
    openai: new OpenAI({ apiKey: "k", baseURL: "http://sim/v1", fetch, maxRetries: 0 }),
    anthropic: new Anthropic({ apiKey: "k", baseURL: "http://sim", fetch, maxRetries: 0 }),
  };
}
