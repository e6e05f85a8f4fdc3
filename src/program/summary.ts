/** What a configuration comes to, in words. */

import type { Config } from "../config/config.ts";

/** What `-t` says of a configuration that is fine. */
export function summary({ forwards, upstreams, groups, admin }: Config): string {
  const lines = [
    ...forwards.map(({ name, address, port, group, routes }) => {
      const others = routes.length === 0 ? "" : `, ${count(routes.length, "route")}`;
      return `  forward ${name}: ${address}:${port} to group ${group}${others}`;
    }),
    ...groups.map(({ name, strategy, members }) => {
      const names = members.map(({ upstream }) => upstream).join(", ");
      return `  group ${name}: ${strategy} over ${names}`;
    }),
    `  admin: ${admin === undefined ? "none" : `${admin.address}:${admin.port}`}`,
  ];
  const counts = `${count(forwards.length, "forward")}, ${count(upstreams.length, "upstream")}`;
  return [`the configuration is fine: ${counts}, ${count(groups.length, "group")}`, ...lines].join("\n");
}

/** `1 forward`, `2 forwards`. */
export function count(n: number, noun: string): string {
  return `${n} ${noun}${n === 1 ? "" : "s"}`;
}
