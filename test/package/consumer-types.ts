// Compiled beside the installed package: what a consumer may write, and what its editor refuses.
import { ConfigError, type ConfigObject, createForward, type Forward } from "llmproxy";

const config: ConfigObject = {
  http_server: { forwards: [{ name: "front", upstream_group: "pool", max_body_size: "1MiB" }] },
  upstreams: [{ name: "one", url: "http://127.0.0.1:1", auth: { type: "bearer", token: undefined } }],
  upstream_groups: [
    { name: "pool", upstreams: [{ name: "one", weight: 2 }], balance: { strategy: "failover" } },
  ],
  "x-anchors": { any: "thing" },
};

const pool = { name: "pool", upstreams: [{ name: "one" }] };
// @ts-expect-error: no such strategy
export const misspelt: ConfigObject["upstream_groups"][0] = { ...pool, balance: { strategy: "fail" } };
// @ts-expect-error: an upstream has a URL
export const incomplete: ConfigObject = { ...config, upstreams: [{ name: "one" }] };
// @ts-expect-error: no such key
export const unknown: ConfigObject = { ...config, upstream: [] };

export async function use(request: Request): Promise<Response> {
  const llm: Forward = await createForward(config, {
    env: { KEY: "x" },
    fetch: (url, init) => fetch(url, init),
  });
  const { fetch: answer } = llm;
  // @ts-expect-error: the metrics come later
  const text: string = llm.metrics();
  const [group] = llm.health();
  if (group?.upstreams[0]?.state === "open") return new Response(text);
  return answer(request, { address: "192.0.2.1" });
}

export function explain(error: unknown): readonly string[] {
  return error instanceof ConfigError
    ? error.diagnostics.map(({ path, message }) => `${path}: ${message}`)
    : [];
}
