import { type ChildProcess, spawn } from "node:child_process";
import { copyFileSync, readFileSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { createInterface } from "node:readline";
import OpenAI from "openai";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { chosenPrograms } from "../support/chosen-programs.ts";
import { ROOT } from "../support/program-command.ts";
import { type SimulatorServer, startSimulator } from "../support/simulator-server.ts";
import { within } from "../support/wait.ts";
import { type Consumer, installPacked, runIn, sample } from "./consumer.ts";
import { workerSuite } from "./worker-suite.ts";

const { version } = JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8")) as { version: string };

let consumer: Consumer;
let simulator: SimulatorServer;
let refusing: string;

beforeAll(async () => {
  consumer = await installPacked();
  simulator = await startSimulator({ name: "upstream", apiKey: "sk-test" });
  refusing = await closedPort();
});

afterAll(async () => {
  consumer?.remove();
  await simulator?.close();
});

/** A URL where nobody listens. */
async function closedPort(): Promise<string> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  return `http://127.0.0.1:${typeof address === "object" ? address?.port : 0}/v1`;
}

describe("the packed package", () => {
  it("starts with npx", async () => {
    const said = await runIn(consumer.folder, "npx", ["--offline", "llmproxy", "-v"]);
    expect(said).toMatch(new RegExp(`^llmproxy ${version.replaceAll(".", "\\.")} \\(node `));
  });

  it("brings config.default.yaml along, which it takes", async () => {
    const path = "node_modules/llmproxy/config.default.yaml";
    const said = await runIn(consumer.folder, "npx", ["--offline", "llmproxy", "-t", "-c", path]);
    expect(said).toMatch(/1 forward/);
  });

  it("has types that need no others, and that refuse what the program would", async () => {
    copyFileSync(join(import.meta.dirname, "consumer-types.ts"), join(consumer.folder, "types.ts"));
    const options = ["--noEmit", "--strict", "--exactOptionalPropertyTypes", "--skipLibCheck", "false"];
    const language = [
      "--target",
      "es2022",
      "--lib",
      "es2023,dom,dom.iterable",
      "--module",
      "nodenext",
      "--types",
      "",
    ];
    const tsc = join(ROOT, "node_modules/typescript/bin/tsc");
    const said = runIn(consumer.folder, process.execPath, [tsc, ...options, ...language, "types.ts"]);
    await expect(said).resolves.toBe("");
  });
});

/** Each runs the same files with the command that its users would. */
const COMMANDS = {
  node: [process.execPath],
  bun: [join(ROOT, "node_modules/.bin/bun"), "--no-env-file"],
  deno: [
    join(ROOT, "node_modules/.bin/deno"),
    "run",
    "--no-prompt",
    "--allow-net",
    "--allow-read",
    "--allow-env",
  ],
} as const;

const runtimes = (["node", "bun", "deno"] as const).filter((name) => chosenPrograms().includes(name));

describe.each(runtimes)("the sample's Hono app on %s", (name) => {
  let child: ChildProcess;
  let url: string;

  beforeAll(async () => {
    writeFileSync(join(consumer.folder, "app.js"), sample("app.js"));
    copyFileSync(join(import.meta.dirname, "serve.mjs"), join(consumer.folder, "serve.mjs"));
    const [command, ...args] = COMMANDS[name];
    child = spawn(command, [...args, "serve.mjs"], {
      cwd: consumer.folder,
      env: {
        PATH: process.env["PATH"],
        HOME: process.env["HOME"],
        VLLM_URL: refusing,
        OPENAI_URL: `${simulator.url}/v1`,
        OPENAI_API_KEY: "sk-test",
      },
      stdio: ["ignore", "pipe", "inherit"],
    });
    url = await within(listening(child), 20_000, `${name} listens`);
  });

  afterAll(() => {
    child.kill("SIGKILL");
  });

  it("moves on to the upstream that is there, and gives it its key", async () => {
    const openai = new OpenAI({ baseURL: `${url}/v1`, apiKey: "a client's own", maxRetries: 0 });
    const { data, response } = await openai.chat.completions
      .create({ model: "m", messages: [{ role: "user", content: "Hello!" }] })
      .withResponse();
    expect(data.choices[0]?.message.content).toContain("[upstream]");
    expect(response.headers.get("x-llmproxy-upstream")).toBe("openai");
    expect(response.headers.get("x-llmproxy-attempts")).not.toBe("1");
  });

  it("streams", async () => {
    const openai = new OpenAI({ baseURL: `${url}/v1`, apiKey: "-", maxRetries: 0 });
    const messages = [{ role: "user" as const, content: "Hello!" }];
    let chunks = 0;
    for await (const _ of await openai.chat.completions.create({ model: "m", messages, stream: true }))
      chunks += 1;
    expect(chunks).toBeGreaterThan(3);
  });

  it("has its own routes beside it, the metrics among them", async () => {
    const text = await (await fetch(`${url}/metrics`)).text();
    expect(text).toMatch(/llmproxy_upstream_requests_total\{group="chat",upstream="openai"\} [1-9]/);
    expect((await fetch(`${url}/elsewhere`)).status).toBe(404);
  });
});

workerSuite(() => consumer);

/** The first line with a port in it. */
function listening(child: ChildProcess): Promise<string> {
  return new Promise((resolve, reject) => {
    if (child.stdout === null) return reject(new Error("no pipe"));
    createInterface({ input: child.stdout }).on("line", (line) => {
      const port: unknown = line.startsWith("{") ? JSON.parse(line).port : undefined;
      if (typeof port === "number") resolve(`http://127.0.0.1:${port}`);
    });
    child.on("exit", (code) => reject(new Error(`ended with ${code}`)));
  });
}
