/** What the demo's text needs to know of what listens. URLs without a slash at the end. */
export interface BannerFacts {
  /** The first is the one to try; of the others only their URLs are told. */
  readonly forwards: readonly { readonly name: string; readonly url: string }[];
  /** URL of the admin port. */
  readonly admin?: string;
  /** URL of the control app. */
  readonly control: string;
  /** One sentence each. */
  readonly upstreams: readonly { readonly name: string; readonly about: string }[];
}

/** The text printed once all listens: lines to paste into a shell, and what SDKs need. */
export function demoBanner({ forwards, admin, control, upstreams }: BannerFacts): string {
  const url = forwards[0]?.url ?? "";
  const others = forwards.slice(1).map((forward) => `  ${forward.url}  (${forward.name})`);
  const victim = upstreams[0]?.name ?? "";
  const sections = [
    section("LLMProxy demo: simulated upstreams, no key and no network needed.", [
      ...upstreams.map(({ name, about }) => `  ${name.padEnd(6)} ${about}`),
    ]),
    section("Ask:", [curl(url, CHAT)]),
    section("Stream:", [curl(url, STREAM, "-N ")]),
    section("Anthropic's API:", [curl(url, ANTHROPIC)]),
    section("SDKs (any key will do):", [
      `  OpenAI, JavaScript     new OpenAI({ baseURL: "${url}/v1", apiKey: "demo" })`,
      `  OpenAI, Python         OpenAI(base_url="${url}/v1", api_key="demo")`,
      `  Anthropic, JavaScript  new Anthropic({ baseURL: "${url}", apiKey: "demo" })`,
      `  Anthropic, Python      Anthropic(base_url="${url}", api_key="demo")`,
    ]),
    section(`Kill an upstream, ask again, and bring it back:`, [
      `  curl -X POST ${control}/upstreams/${victim}/kill`,
      `  curl -X POST ${control}/upstreams/${victim}/revive`,
      `  curl ${control}/upstreams`,
    ]),
    ...(others.length > 0 ? [section("Other forwards:", others)] : []),
    ...(admin === undefined
      ? []
      : [
          section("See what happened:", [
            `  curl -s ${admin}/metrics | grep llmproxy_upstream`,
            `  curl ${admin}/health/upstreams`,
          ]),
        ]),
  ];
  return sections.join("\n\n");
}

interface Line {
  readonly path: string;
  readonly body: object;
}

const HELLO = [{ role: "user", content: "Hello!" }];
const CHAT: Line = { path: "/v1/chat/completions", body: { model: "sim-small", messages: HELLO } };
const STREAM: Line = { ...CHAT, body: { ...CHAT.body, stream: true } };
const ANTHROPIC: Line = {
  path: "/v1/messages",
  body: { model: "sim-small", max_tokens: 100, messages: HELLO },
};

function curl(url: string, { path, body }: Line, flags = ""): string {
  return `  curl ${flags}${url}${path} -H 'content-type: application/json' -d '${JSON.stringify(body)}'`;
}

function section(title: string, lines: readonly string[]): string {
  return [title, ...lines].join("\n");
}
