/** The barest proxy that Bun allows: what comes is fetched, what is fetched is returned. Ports from, to, from, to … */

const ports = process.argv.slice(2).map(Number);

for (let i = 0; i + 1 < ports.length; i += 2) {
  const origin = `http://127.0.0.1:${ports[i + 1]}`;
  Bun.serve({
    hostname: "127.0.0.1",
    port: ports[i] ?? 0,
    idleTimeout: 0,
    fetch(request) {
      const url = origin + request.url.slice(request.url.indexOf("/", 8));
      const headers = new Headers(request.headers);
      headers.delete("host");
      return fetch(url, {
        method: request.method,
        headers,
        body: request.body,
        signal: request.signal,
        redirect: "manual",
        decompress: false,
      });
    },
  });
}
