/** The command line. */

import { hideKeys } from "../base/secret.ts";

export interface CommandLine {
  readonly config: string | undefined;
  /** Check the config and exit. */
  readonly test: boolean;
  readonly debug: boolean;
  readonly demo: boolean;
  /** Print the flags that Deno needs for the config and exit. */
  readonly printDenoPermissions: boolean;
  /** Milliseconds. */
  readonly shutdownTimeout: number;
  /** Milliseconds. */
  readonly drainDelay: number;
  readonly version: boolean;
  readonly help: boolean;
}

export type ParsedArguments =
  | { readonly type: "run"; readonly command: CommandLine }
  | { readonly type: "usage_error"; readonly message: string };

export const USAGE = `Usage: llmproxy [options]

  -c, --config FILE         configuration file (default config.yaml)
  -t, --test                check the configuration, print its errors or a summary, and exit
  -d, --debug               log more, with the stacks of errors
      --demo                run with simulated upstreams, without a configuration
      --shutdown-timeout S  seconds that running requests get after a signal, 1-3600 (default 30)
      --drain-delay S       seconds that new requests are still taken after a signal, 0-3600 (default 0)
      --print-deno-permissions
                            print the deno flags that allow what the configuration needs, and exit
  -v, --version             print the version and exit
  -h, --help                print this and exit

Exit codes: 0 fine, 1 configuration error, 2 usage error, 3 port in use, 4 requests were cut at shutdown.`;

interface Option {
  readonly key: keyof CommandLine;
  readonly value?: "text" | { readonly min: number; readonly max: number };
}

const OPTIONS: ReadonlyMap<string, Option> = new Map<string, Option>([
  ["--config", { key: "config", value: "text" }],
  ["--test", { key: "test" }],
  ["--debug", { key: "debug" }],
  ["--demo", { key: "demo" }],
  ["--shutdown-timeout", { key: "shutdownTimeout", value: { min: 1, max: 3600 } }],
  ["--drain-delay", { key: "drainDelay", value: { min: 0, max: 3600 } }],
  ["--print-deno-permissions", { key: "printDenoPermissions" }],
  ["--version", { key: "version" }],
  ["--help", { key: "help" }],
]);

const SHORT: ReadonlyMap<string, string> = new Map([
  ["-c", "--config"],
  ["-t", "--test"],
  ["-d", "--debug"],
  ["-v", "--version"],
  ["-h", "--help"],
]);

const DEFAULTS: CommandLine = {
  config: undefined,
  test: false,
  debug: false,
  demo: false,
  printDenoPermissions: false,
  shutdownTimeout: 30_000,
  drainDelay: 0,
  version: false,
  help: false,
};

/** Parses arguments, the program's own name not among them. `--flag value` and `--flag=value` are the same. */
export function parseArguments(args: readonly string[]): ParsedArguments {
  let command = DEFAULTS;
  for (let at = 0; at < args.length; at += 1) {
    const arg = args[at] ?? "";
    const equals = arg.startsWith("--") ? arg.indexOf("=") : -1;
    const flag = equals < 0 ? arg : arg.slice(0, equals);
    const name = SHORT.get(flag) ?? flag;
    const option = OPTIONS.get(name);
    if (option === undefined) return usageError(`unknown argument "${flag}"`);
    if (option.value === undefined) {
      if (equals >= 0) return usageError(`${name} takes no value, found "${arg}"`);
      command = { ...command, [option.key]: true };
      continue;
    }
    if (equals < 0) at += 1;
    const text = equals < 0 ? args[at] : arg.slice(equals + 1);
    // The next flag is no value; a file that is named like one is written --config=-t.
    const isFlag = equals < 0 && text?.startsWith("-");
    if (text === undefined || text === "" || isFlag) return usageError(`${name} needs a value`);
    const value = option.value === "text" ? text : parseSeconds(text, option.value);
    if (value === undefined) return usageError(outOfRange(name, text, option.value));
    command = { ...command, [option.key]: value };
  }
  if (command.demo && command.config !== undefined) return usageError("--demo runs without a --config");
  if (command.demo && command.printDenoPermissions)
    return usageError("--print-deno-permissions is for a --config, not for --demo");
  return { type: "run", command };
}

function parseSeconds(text: string, range: Option["value"]): number | undefined {
  if (typeof range !== "object" || !/^\d+(\.\d+)?$/.test(text)) return undefined;
  const seconds = Number(text);
  return seconds >= range.min && seconds <= range.max ? seconds * 1000 : undefined;
}

function outOfRange(name: string, text: string, range: Option["value"]): string {
  if (typeof range !== "object") return `${name}: found "${text}"`;
  return `${name}: found "${text}", expected seconds from ${range.min} to ${range.max}`;
}

function usageError(message: string): ParsedArguments {
  return { type: "usage_error", message: `llmproxy: ${hideKeys(message)}; see llmproxy --help` };
}
