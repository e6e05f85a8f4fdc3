import { type LoadResult, loadConfig } from "../../src/config/load.ts";

export interface Surroundings {
  readonly env?: Readonly<Record<string, string>>;
  /** By path. */
  readonly files?: Readonly<Record<string, string>>;
}

/** Loads a text as /etc/llmproxy/config.yaml. */
export function load(text: string, { env = {}, files = {} }: Surroundings = {}): Promise<LoadResult> {
  const all: Readonly<Record<string, string>> = { ...files, "/etc/llmproxy/config.yaml": text };
  return loadConfig("/etc/llmproxy/config.yaml", {
    readTextFile: async (path) => {
      const content = all[path];
      if (content === undefined) throw new Error("no such file");
      return content;
    },
    env: (name) => env[name],
  });
}

/** What a file says at one place, in a config that is fine otherwise. */
export interface Parts {
  readonly forward?: string;
  readonly server?: string;
  readonly upstream?: string;
  readonly group?: string;
  readonly client?: string;
  readonly top?: string;
}

/** A small config that is fine, with more flow-style YAML put in. */
export function configWith({ forward, server, upstream, group, client, top }: Parts): string {
  const more = (text: string | undefined): string => (text === undefined ? "" : `, ${text}`);
  return `
http_server:
  { forwards: [{ name: front, upstream_group: pool${more(forward)} }]${more(server)} }
upstreams:
  - { name: one, url: "http://127.0.0.1:8001/v1"${more(upstream)} }
upstream_groups:
  - { name: pool, upstreams: [{ name: one }], http_client: { agent: test${more(client)} }${more(group)} }
${top ?? ""}
`;
}

/** `path: message` of every error. */
export function errorsOf({ errors }: LoadResult): readonly string[] {
  return errors.map(({ path, message }) => `${path}: ${message}`);
}

/** `path: message` of every warning. */
export function warningsOf({ warnings }: LoadResult): readonly string[] {
  return warnings.map(({ path, message }) => `${path}: ${message}`);
}
