import { expect } from "vitest";
import { hang, ok, rawThenHang } from "../../support/behaviours.ts";
import { contract, type Kit, type Row, simpleConfig } from "../../support/contract.ts";
import type { Behaviour, FaultUpstream } from "../../support/fault-upstream.ts";
import type { RunningProxy } from "../../support/programs.ts";
import { type RequestOptions, request } from "../../support/raw-request.ts";
import { pause } from "../../support/wait.ts";

interface Fixture {
  readonly up: FaultUpstream;
  readonly proxy: RunningProxy;
}

/** `first_token` is far below `request`, so that what ends a silent request tells which of the two held. */
async function setup({ upstream, start }: Kit): Promise<Fixture> {
  const up = await upstream({ keepAlive: false });
  const client = "timeout: {request: 20, first_token: 0.6}";
  return { up, proxy: await start(simpleConfig({ upstreams: [["up", up.url]], client })) };
}

const form = (stream: string): RequestOptions => ({
  headers: [["content-type", "multipart/form-data; boundary=b"]],
  body: `--b\r\ncontent-disposition: form-data; name="stream"\r\n\r\n${stream}\r\n--b--\r\n`,
});

const STREAMS: readonly (readonly [api: string, path: string, RequestOptions])[] = [
  ["OpenAI's flag", "/v1/chat/completions", { body: '{"stream":true}' }],
  ["Ollama's default", "/api/chat", { body: '{"model":"m"}' }],
  ["Ollama's default for a prompt", "/api/generate", { body: '{"model":"m","prompt":"hi"}' }],
  ["a form's field", "/v1/audio/transcriptions", form("true")],
  ["TGI's path", "/generate_stream", { body: "{}" }],
  ["Bedrock's path", "/model/a.b-v1%3A0/converse-stream", { body: "{}" }],
  ["Vertex' path", "/v1/projects/p/locations/l/publishers/g/models/m:streamRawPredict", { body: "{}" }],
];

const late: Behaviour = async (exchange) => {
  await pause(1200);
  await ok()(exchange);
};

const WHOLE: readonly (readonly [api: string, path: string, RequestOptions])[] = [
  ["Ollama, where the stream is refused", "/api/chat", { body: '{"model":"m","stream":false}' }],
  ["Ollama's /v1", "/v1/completions", { body: '{"model":"m"}' }],
  ["a form that refuses", "/v1/audio/transcriptions", form("false")],
  ["TGI's other path", "/generate", { body: "{}" }],
];

const EVENT_STREAM = [
  "HTTP/1.1 200 OK",
  "content-type: application/vnd.amazon.eventstream",
  "transfer-encoding: chunked\r\n\r\n",
].join("\r\n");

contract("first_token", setup, [
  ...STREAMS.map(
    ([api, path, options]): Row<Fixture & Kit> => ({
      name: `holds for a stream that is asked for by ${api}`,
      async run({ up, proxy }) {
        up.on(path, hang);
        const answer = await request(proxy.port("main"), path, options);
        expect([answer.status, answer.header("x-llmproxy-error")]).toEqual([504, "upstream_timeout"]);
      },
    }),
  ),
  ...WHOLE.map(
    ([api, path, options]): Row<Fixture & Kit> => ({
      name: `does not hold for ${api}`,
      async run({ up, proxy }) {
        up.on(path, late);
        const answer = await request(proxy.port("main"), path, options);
        expect([answer.status, answer.end]).toEqual([200, "complete"]);
      },
    }),
  ),
  {
    name: "is met by the first byte of Bedrock's binary events",
    async run({ up, proxy }) {
      const path = "/model/m/converse-stream";
      up.on(path, async (exchange) => {
        await rawThenHang(`${EVENT_STREAM}4\r\n\x00\x00\x00\x10\r\n`)(exchange);
        await pause(1200);
        exchange.write("4\r\n\x00\x00\x00\x10\r\n0\r\n\r\n");
      });
      const answer = await request(proxy.port("main"), path, { body: "{}" });
      expect([answer.status, answer.end, answer.body.length]).toEqual([200, "complete", 8]);
    },
  },
]);
