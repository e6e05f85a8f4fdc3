/**
 * A naive proxy: what the end-to-end fuzz has to find defects in. It listens on a free port and prints it.
 * `node stand-in.mjs FUZZED GOOD`: the ports of its upstreams.
 */

import { createServer, request } from "node:http";

const [fuzzed, good] = process.argv.slice(2).map(Number);

const server = createServer((incoming, response) => {
  const port = incoming.url?.startsWith("/good/") ? good : fuzzed;
  const { method, url, rawHeaders } = incoming;
  const upstream = request(
    // A connection of its own: one that an upstream is about to close is no defect that is planted here.
    { port, host: "127.0.0.1", method, path: url, headers: rawHeaders, agent: false },
    (answer) => {
      // Throws for bytes that are legal in a reason, read as UTF-8.
      const reason = Buffer.from(answer.statusMessage ?? "", "latin1").toString();
      response.writeHead(answer.statusCode ?? 502, reason, { "x-a": "1" });
      answer.on("data", (chunk) => response.write(chunk));
      // Makes a cut answer look whole.
      answer.on("close", () => response.end());
      answer.on("error", () => undefined);
    },
  );
  upstream.setTimeout(300, () => upstream.destroy());
  upstream.on("error", () => {
    if (!response.headersSent) response.writeHead(502, { "x-llmproxy-error": "upstream_reset" });
    response.end();
  });
  incoming.on("error", () => upstream.destroy());
  response.on("close", () => upstream.destroy());
  incoming.pipe(upstream);
});
// Throws: a client that asks for an upgrade ends the program.
server.on("upgrade", (incoming) => {
  throw new Error(`no upgrade to ${incoming.headers.upgrade}`);
});
server.on("clientError", (_error, socket) => socket.destroy());
server.listen(0, "127.0.0.1", () => {
  const address = server.address();
  process.stdout.write(`${typeof address === "object" ? address?.port : 0}\n`);
});
