import { type Address, type Resolve, resolve } from "../shared/node-api/connect/addresses.ts";

/**
 * Creates a resolver that works within Deno's permissions.
 *
 * Where only some hosts are allowed (`--allow-net=api.example:443`), a program may neither resolve a name nor connect
 * to its addresses: Deno does both itself, in one call. Then each family gets one attempt, by name. Deno's own race of
 * several addresses must stay off there: it ends the process after a first address that gives no answer.
 */
export function createResolve(): Resolve {
  const { state } = Deno.permissions.querySync({ name: "net" });
  return state === "granted" ? resolve : byFamily;
}

function byFamily(hostname: string): Promise<readonly Address[]> {
  return Promise.resolve([
    { host: hostname, family: 6 },
    { host: hostname, family: 4 },
  ]);
}
