/** What an operator is told at start. */

import { isLoopback, parseAddress } from "../base/ip-address.ts";
import { VERSION } from "../base/version.ts";
import type { AdminConfig, Config } from "../config/config.ts";
import type { Log } from "../log/log.ts";
import type { Lack, Runtime } from "../runtime/runtime.ts";

/** Says which program this is, and what its runtime can't do of what the config asks. */
export function announce(
  config: Config,
  runtime: Pick<Runtime, "name" | "version" | "lacks">,
  log: Log,
): void {
  log.info("starting", { version: VERSION, runtime: runtime.name, runtime_version: runtime.version });
  warnOfLacks(config, runtime, log);
  warnOfAdmin(config.admin, log);
}

/** Says what a runtime can't do of what the config asks. */
export function warnOfLacks(config: Config, { lacks }: Pick<Runtime, "lacks">, log: Log): void {
  for (const lack of lacks) {
    if (!concerns(lack, config)) continue;
    const option = lack.option === "always" ? undefined : lack.option;
    log.warn("limitation of this runtime", { option, detail: lack.text });
  }
}

function concerns({ option }: Lack, { forwards, groups, upstreams }: Config): boolean {
  switch (option) {
    case "always":
      return true;
    case "forwards.timeout.connect":
    case "forwards.timeout.body":
    case "forwards.timeout.idle":
    case "forwards.timeout.write": {
      const key = option.slice("forwards.".length);
      return forwards.some(({ explicit }) => explicit.includes(key));
    }
    case "http_client.keepalive":
    case "http_client.timeout.connect":
    case "http_client.timeout.idle": {
      const key = option.slice("http_client.".length);
      return groups.some(({ client }) => client.explicit.includes(key));
    }
    case "http_client.proxy":
      return groups.some(({ client }) => client.proxy?.authorization !== undefined);
    case "upstreams.tls.ca":
      return upstreams.some(({ ca }) => ca !== undefined);
  }
}

function warnOfAdmin(admin: AdminConfig | undefined, log: Log): void {
  if (admin === undefined) {
    log.info("no admin port: http_server.admin is not configured");
    return;
  }
  const isOpen = admin.token === undefined && !isLocal(admin.address);
  if (isOpen) log.warn("the admin port is open to others without a token", { address: admin.address });
}

function isLocal(address: string): boolean {
  const parsed = parseAddress(address);
  return parsed === undefined ? address === "localhost" : isLoopback(parsed);
}
