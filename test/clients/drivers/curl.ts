import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { type Client, KEY, MODEL, QUESTION, type Target, WEATHER } from "../client.ts";

const messages = [{ role: "user", content: QUESTION }];

function start({ origin, headers }: Target, body: object, options: readonly string[] = []): ChildProcess {
  const fields = { authorization: `Bearer ${KEY}`, "content-type": "application/json", ...headers };
  const args = Object.entries(fields).flatMap(([name, value]) => ["-H", `${name}: ${value}`]);
  const json = JSON.stringify({ model: MODEL, messages, ...body });
  // --disable: not what the user's own .curlrc says.
  return spawn(
    "curl",
    ["--disable", "-sS", ...options, ...args, "-d", json, `${origin}/v1/chat/completions`],
    {
      stdio: ["ignore", "pipe", "ignore"],
    },
  );
}

async function ended(
  child: ChildProcess,
): Promise<{ readonly code: number | null; readonly output: string }> {
  let output = "";
  child.stdout?.setEncoding("utf8").on("data", (text: string) => {
    output += text;
  });
  const [code] = (await once(child, "close")) as [number | null];
  return { code, output };
}

async function json(child: ChildProcess): Promise<Completion> {
  return JSON.parse((await ended(child)).output) as Completion;
}

interface Completion {
  readonly choices: readonly { readonly message: Message; readonly delta?: Partial<Message> }[];
}

interface Message {
  readonly content: string;
  readonly tool_calls?: readonly {
    readonly function: { readonly name: string; readonly arguments: string };
  }[];
}

export const curl: Client = {
  name: "curl",
  async plain(target) {
    return (await json(start(target, {}))).choices[0]?.message.content ?? "";
  },
  async stream(target) {
    const { output } = await ended(start(target, { stream: true }, ["-N"]));
    const events = output.split("\n\n").filter((event) => event.startsWith("data: {"));
    return events.flatMap((event) => {
      const { choices } = JSON.parse(event.slice("data: ".length)) as Completion;
      return choices[0]?.delta?.content || [];
    });
  },
  async tool(target) {
    const tools = [{ type: "function", function: WEATHER }];
    const { choices } = await json(start(target, { tools, tool_choice: "required" }));
    const call = choices[0]?.message.tool_calls?.[0]?.function;
    if (call === undefined) throw new Error("no call of a tool");
    return { name: call.name, args: JSON.parse(call.arguments) };
  },
  async abort(target) {
    const child = start(target, { stream: true }, ["-N"]);
    const closed = once(child, "close");
    for await (const chunk of child.stdout ?? []) if (/"content":"[^"]/.test(String(chunk))) break;
    child.kill();
    await closed;
  },
  async fail(target, retries) {
    const options = ["--fail-with-body", "--retry", String(retries), "-w", "\n%{http_code}"];
    const { code, output } = await ended(start(target, {}, options));
    const status = Number(output.slice(output.lastIndexOf("\n") + 1));
    return { type: `exit code ${code}`, status, message: output };
  },
  // 22: the server's answer was an error.
  errors: { 400: "exit code 22", 429: "exit code 22", 500: "exit code 22", 502: "exit code 22" },
  retries: true,
};

/** Why it can't be run here, if so: `--fail-with-body` came with 7.76. */
export function curlLacks(): string | false {
  try {
    execFileSync("curl", ["--disable", "--fail-with-body", "--version"], { stdio: "ignore" });
    return false;
  } catch {
    return "there is no curl of 7.76 or later";
  }
}
