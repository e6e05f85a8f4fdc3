import { type ClientHttp2Session, connect, constants } from "node:http2";
import { expect } from "vitest";
import { delta, hang, rawThenFin, sse, sseBytes } from "../../support/behaviours.ts";
import { hasOpenssl, makeCertificates } from "../../support/certificates.ts";
import { contract, type Kit, type Row, simpleConfig, uniquePath } from "../../support/contract.ts";
import type { FaultUpstream } from "../../support/fault-upstream.ts";
import { eventually } from "../../support/wait.ts";
import { NO_HTTP2 } from "./lacks.ts";

interface Fixture {
  readonly up: FaultUpstream;
  readonly session: ClientHttp2Session;
}

async function setup({ upstream, start, scope }: Kit): Promise<Fixture> {
  const up = await upstream();
  const { ca, cert, key } = makeCertificates();
  const proxy = await start(
    simpleConfig({ upstreams: [["only", up.url]], forward: "tls: {cert: server.crt, key: server.key}" }),
    { files: { "server.crt": cert, "server.key": key } },
  );
  const session = connect(`https://localhost:${proxy.port("main")}`, { ca });
  session.on("error", () => {});
  scope.defer(() => session.destroy());
  return { up, session };
}

/** One HTTP/2 exchange: status, body, and the stream's error code where it was cut (RFC 9113 §7). */
function get(
  session: ClientHttp2Session,
  path: string,
): Promise<{ status: number; text: string; cut: boolean }> {
  return new Promise((resolve) => {
    const stream = session.request({ ":path": path });
    let status = 0;
    let text = "";
    let whole = false;
    stream.on("response", (headers) => {
      status = headers[":status"] ?? 0;
    });
    stream.setEncoding("utf8").on("data", (part: string) => {
      text += part;
    });
    stream.on("end", () => {
      whole = true;
    });
    stream.on("error", () => {});
    stream.on("close", () => resolve({ status, text, cut: !whole || stream.rstCode !== 0 }));
  });
}

const skipHere = !hasOpenssl() && "openssl is not there";

const rows: readonly Row<Fixture & Kit>[] = [
  {
    name: "an answer over HTTP/2 comes whole",
    skip: NO_HTTP2,
    skipHere,
    async run({ up, session }) {
      const path = uniquePath();
      up.on(path, sse([delta("a"), delta("b")], 20));
      expect(await get(session, path)).toEqual({ status: 200, text: delta("a") + delta("b"), cut: false });
    },
  },
  {
    name: "a cut answer is a reset stream over HTTP/2",
    skip: NO_HTTP2,
    skipHere,
    async run({ up, session }) {
      const path = uniquePath();
      up.on(path, rawThenFin(sseBytes([delta("a")])));
      const { status, cut } = await get(session, path);
      expect([status, cut]).toEqual([200, true]);
    },
  },
  {
    name: "a client that resets its stream before the answer's head ends the upstream call",
    skip: NO_HTTP2,
    skipHere,
    async run({ up, session }) {
      const path = uniquePath();
      up.on(path, hang);
      const stream = session.request({ ":path": path });
      stream.on("error", () => {});
      const received = await up.request(path);
      stream.close(constants.NGHTTP2_CANCEL);
      await eventually(() => received.left, 2_000, "the upstream's connection closes");
    },
  },
];

contract("HTTP/2", setup, rows);
