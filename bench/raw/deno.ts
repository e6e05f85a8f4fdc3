/** The barest proxy that Deno allows: what comes is fetched, what is fetched is returned. Ports from, to, from, to … */

const ports = Deno.args.map(Number);

for (let i = 0; i + 1 < ports.length; i += 2) {
  const origin = `http://127.0.0.1:${ports[i + 1]}`;
  Deno.serve({ hostname: "127.0.0.1", port: ports[i] ?? 0, onListen() {} }, (request) => {
    const url = origin + request.url.slice(request.url.indexOf("/", 8));
    const { method, headers, body, signal } = request;
    return fetch(url, { method, headers, body, signal, redirect: "manual" });
  });
}
