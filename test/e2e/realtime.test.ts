import { existsSync } from "node:fs";
import OpenAI from "openai";
import { OpenAIRealtimeWS } from "openai/realtime/ws";
import puppeteer, { type Browser } from "puppeteer-core";
import { expect } from "vitest";
import { hasOpenssl, makeCertificates } from "../support/certificates.ts";
import { contract, type Kit, type Row } from "../support/contract.ts";
import type { RunningProxy } from "../support/programs.ts";
import { type SocketUpstream, startSocketUpstream } from "../support/socket-upstream.ts";
import { within } from "../support/wait.ts";

const CHROMIUM = ["/usr/bin/chromium", "/usr/bin/chromium-browser"].find((path) => existsSync(path));

interface Fixture {
  readonly up: SocketUpstream;
  readonly proxy: RunningProxy;
  /** PEM. */
  readonly ca: string;
}

async function setup({ start, scope }: Kit): Promise<Fixture> {
  const up = await startSocketUpstream({ echo: false });
  scope.defer(() => up.close());
  const { ca, cert, key } = makeCertificates();
  const yaml = `
http_server:
  forwards: [{name: main, port: 0, address: 127.0.0.1, upstream_group: pool, tls: {cert: a.crt, key: a.key}}]
upstreams: [{name: openai, url: "${up.url}/v1", auth: {type: bearer, token: own-key}}]
upstream_groups: [{name: pool, upstreams: [{name: openai}]}]
`;
  return { up, ca, proxy: await start(yaml, { files: { "a.crt": cert, "a.key": key } }) };
}

/** Answers like a realtime API: a session at the begin, and a text for each response that is asked for. */
async function serveRealtime(up: SocketUpstream): Promise<void> {
  const { socket } = await up.socket("/v1/realtime");
  const send = (event: object): void => socket.send(JSON.stringify(event));
  socket.on("message", (data) => {
    const { type } = JSON.parse(String(data)) as { type: string };
    if (type !== "response.create") return;
    for (const delta of ["Hel", "lo"]) send({ type: "response.output_text.delta", delta });
    send({ type: "response.done" });
  });
  send({ type: "session.created" });
}

const rows: readonly Row<Fixture & Kit>[] = [
  {
    name: "OpenAI's SDK talks to a realtime API",
    skipHere: !hasOpenssl() && "openssl is not there, and the SDK speaks wss: only",
    async run({ up, proxy, ca }) {
      const client = new OpenAI({
        apiKey: "sk-client",
        baseURL: `https://localhost:${proxy.port("main")}/v1`,
      });
      const realtime = new OpenAIRealtimeWS({ model: "gpt-realtime", options: { ca } }, client);
      let text = "";
      const done = new Promise<void>((resolve, reject) => {
        realtime.on("error", reject);
        realtime.on("response.output_text.delta", ({ delta }) => {
          text += delta;
        });
        realtime.on("response.done", () => resolve());
        realtime.on("session.created", () => realtime.send({ type: "response.create" }));
      });
      await within(Promise.all([serveRealtime(up), done]), 8_000, "the response");
      expect(text).toBe("Hello");
      const { request } = await up.socket("/v1/realtime");
      expect(request.url).toBe("/v1/realtime?model=gpt-realtime");
      expect(request.headers.authorization).toBe("Bearer own-key");
      realtime.close({ code: 1000, reason: "OK" });
      expect(await up.closed("/v1/realtime")).toEqual({ code: 1000, reason: "OK" });
    },
  },
];

contract("realtime APIs", setup, rows);

interface BrowserFixture extends Omit<Fixture, "ca"> {
  readonly browser: Browser;
}

async function setupBrowser(kit: Kit): Promise<BrowserFixture> {
  const up = await startSocketUpstream();
  kit.scope.defer(() => up.close());
  const proxy = await kit.start(`
http_server: {forwards: [{name: main, port: 0, address: 127.0.0.1, upstream_group: pool}]}
upstreams: [{name: only, url: "${up.url}"}]
upstream_groups: [{name: pool, upstreams: [{name: only}]}]
`);
  const browser = await puppeteer.launch({
    executablePath: CHROMIUM ?? "",
    args: ["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"],
  });
  kit.scope.defer(() => browser.close());
  return { up, proxy, browser };
}

/** Runs in the page: sends what it is given, one after the other, closes, and tells what it saw. */
function converse(url: string): Promise<object> {
  return new Promise((resolve) => {
    const socket = new WebSocket(url, ["realtime", "openai-insecure-api-key.sk-browser"]);
    socket.binaryType = "arraybuffer";
    const got: (string | number)[] = [];
    socket.onopen = () => {
      socket.send("from a page");
      socket.send(new Uint8Array(2_000_000));
    };
    socket.onmessage = ({ data }: MessageEvent<string | ArrayBuffer>) => {
      got.push(typeof data === "string" ? data : data.byteLength);
      if (got.length === 2) socket.close(4001, "seen enough");
    };
    socket.onclose = ({ code, reason, wasClean }) =>
      resolve({ got, protocol: socket.protocol, code, reason, wasClean });
  });
}

const browserRows: readonly Row<BrowserFixture & Kit>[] = [
  {
    name: "a page in Chromium talks through it, with subprotocols, an Origin and a close code",
    skipHere: CHROMIUM === undefined && "chromium is not there",
    timeout: 30_000,
    async run({ up, proxy, browser }) {
      const page = await browser.newPage();
      const seen = await page.evaluate(converse, `ws://127.0.0.1:${proxy.port("main")}/v1/realtime`);
      expect(seen).toEqual({
        got: ["from a page", 2_000_000],
        protocol: "realtime",
        code: 4001,
        reason: "seen enough",
        wasClean: true,
      });
      expect(await up.closed("/v1/realtime")).toEqual({ code: 4001, reason: "seen enough" });
      const { headers } = (await up.socket("/v1/realtime")).request;
      expect(headers["sec-websocket-protocol"]?.split(/, ?/)).toEqual([
        "realtime",
        "openai-insecure-api-key.sk-browser",
      ]);
      expect(headers.origin).toBe("null");
    },
  },
];

contract("WebSockets of browsers", setupBrowser, browserRows);
