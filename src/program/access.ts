/** What a configuration makes the program touch: where it listens, whom it calls, what it reads. */

import type { Config } from "../config/config.ts";
import type { LoadDeps } from "../config/load.ts";
import type { Access, Endpoint } from "../runtime/runtime.ts";

/** Readers that remember what they were asked for. */
export interface RecordedReads extends LoadDeps {
  /** Paths of files and names of environment variables, each once, in the order of first use. */
  readonly asked: () => Pick<Access, "files" | "variables">;
}

/**
 * Learns what a configuration reads from its loading: what was asked for once is asked for at every start, and there is
 * no second list to be kept in step.
 */
export function recordReads({ readTextFile, env }: LoadDeps): RecordedReads {
  const files = new Set<string>();
  const variables = new Set<string>();
  return {
    readTextFile(path) {
      files.add(path);
      return readTextFile(path);
    },
    env(name) {
      variables.add(name);
      return env(name);
    },
    asked: () => ({ files: [...files], variables: [...variables] }),
  };
}

/** Where the listeners of a configuration listen. */
export function listensOf({ forwards, admin }: Config): readonly Endpoint[] {
  const listeners = admin === undefined ? forwards : [...forwards, admin];
  return listeners.map(({ address, port }) => ({ host: address, port }));
}

/** Whom the clients of its groups connect to: the upstreams, or the proxy before them. Health checks use the same. */
export function connectsOf({ groups, upstreams }: Config): readonly Endpoint[] {
  const urls = new Map(upstreams.map(({ name, url }) => [name, url]));
  return groups.flatMap(({ client, members }) =>
    members.flatMap(({ upstream }) => {
      const url = client.proxy?.url ?? urls.get(upstream);
      return url === undefined ? [] : [endpointOf(url)];
    }),
  );
}

function endpointOf(url: string): Endpoint {
  const { protocol, hostname, port } = new URL(url);
  const host = hostname.replace(/^\[|\]$/g, "");
  return { host, port: port === "" ? (protocol === "https:" ? 443 : 80) : Number(port) };
}
