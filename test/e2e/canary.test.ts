import { readFileSync } from "node:fs";
import { afterAll, describe, expect, test } from "vitest";
import { answer, failing, hang, ok, rawThenBad, rawThenReset, sse } from "../support/behaviours.ts";
import { type Canary, canaryOf, createCanary, shownIn } from "../support/canaries.ts";
import { type Certificates, hasOpenssl, makeCertificates } from "../support/certificates.ts";
import { chosenPrograms } from "../support/chosen-programs.ts";
import { type ConnectProxy, startConnectProxy } from "../support/connect-proxy.ts";
import { createKit, uniquePath } from "../support/contract.ts";
import { type FaultUpstream, startUpstream } from "../support/fault-upstream.ts";
import { type ProgramName, startTaskFlags } from "../support/program-command.ts";
import { type RunningProxy, type RunOptions, run } from "../support/programs.ts";
import type { Answer } from "../support/raw-answer.ts";
import { connect } from "../support/raw-client.ts";
import { request } from "../support/raw-request.ts";
import { createScope, eventually, type Scope } from "../support/wait.ts";
import {
  createClientSecrets,
  createConfig,
  createSecrets,
  createWrongConfig,
  EXPECTED,
  pathOf,
  requestOf,
} from "./canary/places.ts";

/** What a program is put into. */
interface Stage {
  readonly plain: FaultUpstream;
  readonly secure: FaultUpstream;
  readonly tunnel: ConnectProxy;
  readonly yaml: string;
  readonly options: RunOptions;
}

const secrets = createSecrets();
const client = createClientSecrets();
/** What an upstream says to its client: nobody else's business. */
const answered = [createCanary("an upstream's Set-Cookie", ""), createCanary("the body of an answer")];
const presented = createCanary("a wrong admin token");
/** What goes to nobody: the others must come to their upstreams, or the search would prove nothing. */
const KEPT: readonly Canary[] = [
  secrets.adminFile,
  secrets.adminEnvironment,
  client.proxyAuthorization,
  ...answered,
  presented,
];
const sent = requestOf(client);
const programs = chosenPrograms();

async function setStage({ ca, cert, key }: Certificates, { defer }: Scope): Promise<Stage> {
  const plain = await startUpstream();
  const secure = await startUpstream({ tls: { cert, key } });
  const tunnel = await startConnectProxy(`${secrets.proxyUser.value}:${secrets.proxyPassword.value}`);
  for (const end of [plain, secure, tunnel]) defer(() => end.close());
  secure.otherwise(ok());
  plain.otherwise(ok());
  const [cookie, text] = answered.map(({ value }) => value);
  plain.on(pathOf("open"), answer(200, [["set-cookie", `session=${cookie}`]], text));
  plain.on(pathOf("reset"), rawThenReset());
  plain.on(pathOf("silent"), hang);
  // A parser may quote what it can't read, so the upstream says what it was told.
  plain.on(pathOf("garbage"), ({ write, request: { header, target } }) =>
    write(`${header("authorization")} ${target}\r\n\r\n`),
  );
  plain.on(pathOf("garbage-head"), ({ write, request: { header, target } }) =>
    write(`HTTP/1.1 200 OK\r\n${header("authorization")} ${target}\r\n\r\n`),
  );
  plain.on(pathOf("cut"), rawThenBad("HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nhalf"));
  plain.on(pathOf("unauthorized"), failing(401));
  plain.on(pathOf("error-in-stream"), sse(['data: {"error":{"type":"server_error"}}\n\n']));
  plain.on("/unhealthy/probe", failing(500));
  return {
    plain,
    secure,
    tunnel,
    yaml: createConfig(secrets, { plain: plain.url, secure: secure.url, tunnel: tunnel.port }),
    options: {
      env: {
        CANARY_TOKEN: secrets.environment.value,
        LLMPROXY_ADMIN_AUTH_TOKEN: secrets.adminEnvironment.value,
      },
      files: {
        "token.txt": `${secrets.file.value}\n`,
        "server.crt": cert,
        "server.key": key,
        "ca.crt": ca,
      },
    },
  };
}

/** Every byte of an answer. */
const bytesOf = ({ rawHead, body }: Pick<Answer, "rawHead" | "body">): string => rawHead + body.toString();

/** Asks for everything that can happen to a request. */
async function askAll(proxy: RunningProxy, tls: { ca: string }): Promise<readonly Answer[]> {
  const { headers, body, query } = sent;
  const ask = (name: string) => request(proxy.port("main"), pathOf(name) + query, { tls, headers, body });
  const named = await Promise.all(
    Object.entries(EXPECTED).map(async ([name, status]) => {
      const one = await ask(name);
      expect([name, one.status]).toEqual([name, status]);
      return one;
    }),
  );
  // Enough failures to open the breaker.
  const more = await Promise.all(Array.from({ length: 4 }, () => ask("refused")));
  const open = await ask("refused");
  expect(open.status).toBe(503);
  return [...named, ...more, open];
}

/** What the proxy refuses, and what its runtime's parser does. */
async function askWrongly(proxy: RunningProxy): Promise<readonly string[]> {
  const { headers, body, query } = sent;
  const port = proxy.port("narrow");
  const long = "x".repeat(70_000);
  const answers = await Promise.all([
    request(port, `/too-large${query}`, { headers, body }),
    request(port, `/a/%2e%2e/b${query}`, { headers }),
    request(port, `/trace${query}`, { headers, method: "TRACE" }),
    request(port, `/long${query}${long.slice(0, 17_000)}`, { headers }),
    request(port, `/socket${query}`, {
      headers: [...headers, ["upgrade", "websocket"], ["connection", "upgrade"]],
    }),
    ...Array.from({ length: 8 }, () => request(port, `/limited${query}`, { headers })),
  ]);
  expect(answers.map(({ status }) => status)).toEqual(expect.arrayContaining([413, 429, 501]));
  const { authorization } = client;
  const malformed = await Promise.all(
    [
      `GET /${query} HTTP/1.1\r\nhost: x\r\n${authorization.value}\r\n\r\n`,
      `GET /${query} HTTP/1.1\r\nhost: x\r\nauthorization: ${authorization.value}\r\nx-long: ${long}\r\n\r\n`,
      `${authorization.value}\r\n\r\n`,
    ].map((bytes) => exchangeBytes(port, bytes)),
  );
  return [...answers.map(bytesOf), ...malformed];
}

/** All that comes back for these bytes until the other side closes. */
async function exchangeBytes(port: number, bytes: string): Promise<string> {
  const connection = await connect(port);
  let received = "";
  connection.socket.on("data", (data: Buffer) => {
    received += data.toString("latin1");
  });
  connection.send(bytes).catch(() => undefined);
  await connection.untilClosed();
  return received;
}

async function askAdmin({ adminPort }: RunningProxy, tls: { ca: string }): Promise<readonly string[]> {
  const tokens = [undefined, presented, secrets.adminFile, secrets.adminEnvironment];
  const answers = await Promise.all(
    ["/health", "/ready", "/metrics", "/health/upstreams", `/nothing${sent.query}`].flatMap((path) =>
      tokens.map((token) =>
        request(adminPort, path, {
          tls,
          headers: token === undefined ? [] : [["authorization", `Bearer ${token.value}`]],
        }),
      ),
    ),
  );
  const statuses = answers.slice(12, 16).map(({ status }) => status);
  expect(statuses).toEqual([401, 401, 401, 503]);
  return answers.map(bytesOf);
}

/** Every byte that came to the other ends. */
function received({ plain, secure, tunnel }: Stage): string {
  const paths = [...Object.keys(EXPECTED).map(pathOf), "/unhealthy/probe"];
  const messages = [plain, secure].flatMap((end) => paths.flatMap((path) => end.requests(path)));
  return [
    ...messages.map(({ message }) => bytesOf(message)),
    ...tunnel.asked.map(({ authorization }) => authorization),
  ].join("\n");
}

/** What other users of the machine see of a process. */
function seenOutside(pid: number): string {
  return ["cmdline", "comm", "status"]
    .map((name) => readFileSync(`/proc/${pid}/${name}`, "latin1"))
    .join("\n");
}

describe.skipIf(!hasOpenssl())("no secret is told", () => {
  const scope = createScope();
  afterAll(() => scope.close());
  const certificates = makeCertificates();
  const tls = { ca: certificates.ca };
  const keyLine = canaryOf("a listener's private key", certificates.key.split("\n")[1] ?? "");
  const all = [...Object.values(secrets), ...Object.values(client), ...answered, presented, keyLine];

  const modes = programs.flatMap((program) => [[program, []] as const, [program, ["--debug"]] as const]);
  test.concurrent.each(modes)(
    "%s %j keeps them to itself whatever happens to a request",
    { timeout: 40_000 },
    async (program, args) => {
      const stage = await setStage(certificates, scope);
      const { plain, yaml, options } = stage;
      const kit = createKit(program, scope);
      const proxy = await kit.start(yaml, { ...options, args: [...args, "--shutdown-timeout", "1"] });
      const outside = seenOutside(proxy.pid);

      await proxy.logged(({ msg }) => msg === "upstream is down");
      const answers = await askAll(proxy, tls);
      const refusals = await askWrongly(proxy);
      const admin = await askAdmin(proxy, tls);
      const endless = `/open${uniquePath()}`;
      plain.on(endless, hang);
      const cut = request(proxy.port("main"), endless + sent.query, { tls, ...sent }).catch(String);
      await plain.request(endless);
      proxy.signal("SIGTERM");
      expect(await proxy.exited()).toBe(4);
      await cut;

      const own = all.filter((canary) => !answered.includes(canary));
      expect(shownIn(answers.map(bytesOf).join("\n"), own)).toEqual([]);
      expect(shownIn(refusals.join("\n"), own)).toEqual([]);
      expect(shownIn(admin.join("\n"), all)).toEqual([]);
      expect(shownIn(proxy.stdout, all)).toEqual([]);
      expect(shownIn(proxy.stderr, all)).toEqual([]);
      expect(shownIn(outside, all)).toEqual([]);
      expect(shownIn(received(stage), all).map((shown) => shown.replace(/ \(.*/, ""))).toEqual(
        all.filter((canary) => canary !== keyLine && !KEPT.includes(canary)).map(({ place }) => place),
      );
      expect(proxy.log.filter(({ msg }) => msg === "request").length).toBeGreaterThan(30);
    },
  );

  test.each(programs)("%s keeps them to itself where it does not start", async (program) => {
    const { yaml, options, plain } = await setStage(certificates, scope);
    const { value } = secrets.failing;
    const inUrl = encodeURIComponent(value);
    const taken = yaml.replace("port: 0", `port: ${plain.port}`);
    const runs: readonly (readonly [code: number, args: readonly string[], yaml?: string])[] = [
      [0, ["-t"], yaml],
      [0, ["--print-deno-permissions"], yaml],
      [1, ["-t", "--debug"], createWrongConfig(secrets.failing)],
      [1, ["-t"], yaml.replace("http://127.0.0.1:1/", `http://user:${inUrl}@127.0.0.1:1/`)],
      [1, ["-t"], `${yaml}\n  token: ${value}: ${value}\n "`],
      [1, [], yaml.replace("token.txt", `token.txt/${inUrl}`)],
      [2, [`--token=${value}`]],
      [2, ["--shutdown-timeout", value]],
      [3, ["--debug"], taken],
    ];
    const said = await Promise.all(
      runs.map(async ([code, args, text]) => {
        const files = { ...options.files, "proxy.yaml": text ?? "" };
        const config = text === undefined ? [] : ["-c", "proxy.yaml"];
        const one = run(program, { ...options, files, args: [...config, ...args] });
        scope.defer(() => one.stop(0));
        expect([args, await one.exited(20_000)]).toEqual([args, code]);
        return one.stdout + one.stderr;
      }),
    );
    expect(said.filter((text) => text === "")).toEqual([]);
    expect(shownIn(said.join("\n"), all)).toEqual([]);
  });

  test.each(programs)(
    "%s keeps them to itself when it fails inside, and when it crashes",
    async (program) => {
      const { yaml, options } = await setStage(certificates, scope);
      const proxy = await createKit(program, scope).start(yaml, sabotaged(program, options));
      const ask = () => request(proxy.port("main"), pathOf("rules") + sent.query, { tls, ...sent });
      expect((await ask()).status).toBe(200);

      proxy.signal("SIGUSR2");
      const answer = await eventually(
        async () => {
          const one = await ask();
          return one.status === 500 && one;
        },
        5_000,
        "a failure inside",
      );
      expect(answer.header("x-llmproxy-error")).toBe("internal_error");
      const line = await proxy.logged(({ msg }) => msg === "a request failed inside the proxy");
      expect(JSON.stringify(line)).toContain("sabotaged");

      proxy.signal("SIGUSR2");
      expect(await proxy.exited()).not.toBe(0);
      expect(proxy.stderr).toContain("crashed on purpose");
      expect(shownIn(bytesOf(answer) + proxy.stdout + proxy.stderr, all)).toEqual([]);
    },
  );
});

/** The first SIGUSR2 makes a header rule fail, with an error that carries the request's fields; the second one crashes. */
const SABOTAGE = `
const { some } = Array.prototype;
process.once("SIGUSR2", () => {
  const crash = () => { throw new Error("crashed on purpose"); };
  setImmediate(() => process.once("SIGUSR2", crash));
  Array.prototype.some = function (...args) {
    const isFields = Array.isArray(this[0]) && this[0][0] === "user-agent";
    if (isFields) throw Object.assign(new Error("sabotaged"), { fields: [...this] });
    return some.apply(this, args);
  };
});
`;

/** A program with the saboteur loaded before it. */
function sabotaged(program: ProgramName, options: RunOptions): RunOptions {
  const file = "./sabotage.cjs";
  const files = {
    ...options.files,
    [file]: SABOTAGE,
  };
  switch (program) {
    case "node":
      return { files, env: { ...options.env, NODE_OPTIONS: `--require ${file}` } };
    case "deno":
      return { ...options, files, denoFlags: [...startTaskFlags(), `--preload=${file}`] };
    case "bun":
    case "binary":
      return { files, env: { ...options.env, BUN_OPTIONS: `--preload ${file}` } };
  }
}
