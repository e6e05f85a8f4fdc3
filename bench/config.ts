/** What the proxies are configured with: the program of this project with every feature of its request path on. */

/** Where a proxy listens and where it sends to: one way for requests, one for streams. */
export interface Ways {
  readonly requests: Way;
  readonly streams: Way;
  readonly admin: number;
}

export interface Way {
  readonly port: number;
  readonly upstream: number;
}

export function llmproxyConfig({ requests, streams, admin }: Ways): string {
  const forward = (name: string, port: number): string => `
    - name: ${name}
      port: ${port}
      address: 127.0.0.1
      upstream_group: ${name}
      ratelimit: {enabled: true, per_second: 1000000}
      trusted_proxies: [10.0.0.0/8]
      routing: [{path: /v1/*, target_group: ${name}}]`;
  const upstream = (name: string, port: number): string => `
  - name: ${name}
    url: http://127.0.0.1:${port}/v1
    auth: {type: bearer, token: secret}
    headers: [{op: replace, key: x-team, value: bench}, {op: insert, key: x-origin, value: llmproxy}]
    breaker: {threshold: 0.5}
    ratelimit: {enabled: true, per_second: 1000000}
    max_in_flight: 100000`;
  const group = (name: string): string => `
  - name: ${name}
    upstreams: [{name: ${name}-a, weight: 5}, {name: ${name}-b}]
    balance: {strategy: weighted_roundrobin}
    http_client: {retry: {enabled: true, attempts: 2}, timeout: {first_token: 30}}`;
  return `http_server:
  forwards:${forward("requests", requests.port)}${forward("streams", streams.port)}
  admin: {port: ${admin}, address: 127.0.0.1}
upstreams:${upstream("requests-a", requests.upstream)}${upstream("requests-b", requests.upstream)}${upstream("streams-a", streams.upstream)}${upstream("streams-b", streams.upstream)}
upstream_groups:${group("requests")}${group("streams")}
`;
}

/** nginx as a proxy: one worker, pooled connections, an access log. */
export function nginxConfig(folder: string, { requests, streams }: Ways): string {
  const server = (name: string, { port }: Way): string => `
  server {
    listen 127.0.0.1:${port} backlog=1024;
    location / { proxy_pass http://${name}; }
  }`;
  const upstream = (name: string, way: Way): string =>
    `  upstream ${name} { server 127.0.0.1:${way.upstream}; keepalive 256; keepalive_requests 1000000000; }`;
  return nginx(
    folder,
    `
  access_log /dev/null;
  proxy_http_version 1.1;
  proxy_set_header Connection "";
  proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
  proxy_buffering off;
${upstream("requests", requests)}
${upstream("streams", streams)}
${server("requests", requests)}
${server("streams", streams)}`,
  );
}

/** nginx as the upstream of requests. */
export function nginxUpstream(folder: string, port: number, body: string): string {
  return nginx(
    folder,
    `
  access_log off;
  server {
    listen 127.0.0.1:${port} backlog=1024;
    location / { default_type application/json; return 200 '${body}'; }
  }`,
  );
}

function nginx(folder: string, http: string): string {
  return `daemon off;
worker_processes 1;
pid ${folder}/nginx.pid;
error_log /dev/null;
events { worker_connections 16384; }
http {
  client_body_temp_path ${folder}/body;
  proxy_temp_path ${folder}/proxy;
  fastcgi_temp_path ${folder}/fastcgi;
  uwsgi_temp_path ${folder}/uwsgi;
  scgi_temp_path ${folder}/scgi;
  keepalive_requests 1000000000;
  ${http}
}
`;
}
