/** Rows that hold for every program: the same table run against node, bun, deno and the binary. */

import { afterAll, beforeAll, describe, type TestContext, test } from "vitest";
import { chosenPrograms } from "./chosen-programs.ts";
import { type FaultUpstream, type FaultUpstreamOptions, startUpstream } from "./fault-upstream.ts";
import type { ProgramName } from "./program-command.ts";
import { type RunningProxy, type RunOptions, startProgram } from "./programs.ts";
import { type ConnectOptions, connect, type RawConnection } from "./raw-client.ts";
import { createScope, type Scope } from "./wait.ts";

/** Why a program can't do a row: a sentence that stands in the table of docs/runtimes.md too. */
export type Skips = Partial<Readonly<Record<ProgramName, string>>>;

export interface Row<T> {
  /** A sentence about behaviour. */
  readonly name: string;
  readonly skip?: Skips | undefined;
  /** Why this machine can't do it, whatever the program. */
  readonly skipHere?: string | false | undefined;
  /** Milliseconds. */
  readonly timeout?: number;
  run(fixture: T, context: TestContext): Promise<void>;
}

/** What a subject's rows share: one process a program and what stands around it. Closed after the last row. */
export interface Kit {
  readonly program: ProgramName;
  readonly scope: Scope;
  start(yaml: string, options?: RunOptions): Promise<RunningProxy>;
  upstream(options?: FaultUpstreamOptions): Promise<FaultUpstream>;
  connect(port: number, options?: ConnectOptions): Promise<RawConnection>;
}

export interface ContractOptions {
  /** Rows run at once, and programs too: for rows that wait most of their time. @default false */
  readonly concurrent?: boolean;
}

/** Runs a table of rows against every program. */
export function contract<T>(
  subject: string,
  setup: (kit: Kit) => Promise<T>,
  rows: readonly Row<T & Kit>[],
  { concurrent = false }: ContractOptions = {},
): void {
  for (const program of chosenPrograms()) {
    describe(`${program}: ${subject}`, { concurrent }, () => {
      const scope = createScope();
      const kit = createKit(program, scope);
      let fixture: (T & Kit) | undefined;
      const wanted = rows.some((row) => !row.skipHere && row.skip?.[program] === undefined);

      beforeAll(async () => {
        if (wanted) fixture = { ...(await setup(kit)), ...kit };
      });
      afterAll(() => scope.close());

      for (const row of rows) {
        test(row.name, { timeout: row.timeout ?? 20_000 }, async (context) => {
          const reason = row.skip?.[program] ?? row.skipHere;
          if (reason) context.skip(reason);
          if (fixture === undefined) throw new Error("the subject was not set up");
          await row.run(fixture, context);
        });
      }
    });
  }
}

/** What a subject starts for one program; closed with `scope`. */
export function createKit(program: ProgramName, scope: Scope): Kit {
  return {
    program,
    scope,
    async start(yaml, options) {
      const proxy = await startProgram(program, yaml, options);
      scope.defer(() => proxy.stop(1_000));
      return proxy;
    },
    async upstream(options) {
      const upstream = await startUpstream(options);
      scope.defer(() => upstream.close());
      return upstream;
    },
    async connect(port, options) {
      const connection = await connect(port, options);
      scope.defer(() => connection.close());
      return connection;
    },
  };
}

let paths = 0;

/** A path that no other row uses, so that rows share an upstream without meeting. */
export function uniquePath(suffix = ""): string {
  paths += 1;
  return `/row-${paths}${suffix}`;
}

/** A config of one forward `main`, an admin port, and one group `pool` over these upstreams. */
export function simpleConfig(options: {
  /** Name and URL. */
  readonly upstreams: readonly (readonly [name: string, url: string])[];
  readonly strategy?: string;
  /** YAML flow mappings of what else the parts have: `{stall: 1}`. */
  readonly client?: string;
  readonly forward?: string;
  readonly upstream?: string;
  readonly top?: string;
}): string {
  const { upstreams, strategy = "failover", client = "", forward = "", upstream = "", top = "" } = options;
  const more = (text: string): string => (text === "" ? "" : `, ${text}`);
  return `
http_server:
  forwards:
    - {name: main, port: 0, address: 127.0.0.1, upstream_group: pool${more(forward)}}
  admin: {port: 0, address: 127.0.0.1}
upstreams:
${upstreams.map(([name, url]) => `  - {name: ${name}, url: "${url}"${more(upstream)}}`).join("\n")}
upstream_groups:
  - name: pool
    upstreams: [${upstreams.map(([name]) => `{name: ${name}}`).join(", ")}]
    balance: {strategy: ${strategy}}
    http_client: {${client}}
${top}
`;
}
