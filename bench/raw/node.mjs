/** The barest proxy of node:http and undici's dispatch, without web objects. Ports from, to, from, to … */

import { createServer } from "node:http";
import { Pool } from "undici";

/** Fields of one connection only. */
const DROPPED = new Set(["connection", "keep-alive", "transfer-encoding"]);

/** @param {readonly (string | Buffer)[]} raw */
function passable(raw) {
  const out = [];
  for (let i = 0; i < raw.length; i += 2) {
    const name = String(raw[i]);
    if (!DROPPED.has(name.toLowerCase())) out.push(name, String(raw[i + 1]));
  }
  return out;
}

const ports = process.argv.slice(2).map(Number);

for (let i = 0; i + 1 < ports.length; i += 2) {
  const pool = new Pool(`http://127.0.0.1:${ports[i + 1]}`, {
    connections: null,
    headersTimeout: 0,
    bodyTimeout: 0,
  });
  createServer((request, response) => {
    let abort = () => {};
    response.on("close", () => abort());
    pool.dispatch(
      {
        path: request.url ?? "/",
        method: request.method ?? "GET",
        headers: passable(request.rawHeaders),
        body: request.method === "GET" || request.method === "HEAD" ? null : request,
      },
      {
        onConnect(cancel) {
          abort = cancel;
        },
        onHeaders(status, headers, resume) {
          response.writeHead(status, passable(headers ?? []));
          response.on("drain", resume);
          return true;
        },
        onData: (chunk) => response.write(chunk),
        onComplete() {
          abort = () => {};
          response.end();
        },
        onError: () => response.destroy(),
      },
    );
  }).listen(ports[i], "127.0.0.1");
}
