// Serves the sample's app with the node:http that Node, Bun and Deno have, and prints its port.
import { createServer } from "node:http";
import { Readable } from "node:stream";
import { app } from "./app.js";

const server = createServer(async (incoming, outgoing) => {
  const { method, url, headers } = incoming;
  const hasBody = method !== "GET" && method !== "HEAD";
  const left = new AbortController();
  outgoing.on("close", () => left.abort());
  const request = new Request(`http://${headers.host}${url}`, {
    method,
    headers: Object.entries(headers).map(([name, value]) => [name, String(value)]),
    signal: left.signal,
    ...(hasBody && { body: Readable.toWeb(incoming), duplex: "half" }),
  });
  try {
    const response = await app.fetch(request);
    outgoing.writeHead(response.status, Object.fromEntries(response.headers));
    for await (const chunk of response.body ?? []) outgoing.write(chunk);
    outgoing.end();
  } catch {
    outgoing.destroy();
  }
});
server.listen(0, "127.0.0.1", () =>
  process.stdout.write(`${JSON.stringify({ port: server.address().port })}\n`),
);
process.on("SIGTERM", () => process.exit(0));
