import { describe, expect, it } from "vitest";
import { parseArguments } from "../../src/program/cli.ts";

const run = (args: string) => parseArguments(args === "" ? [] : args.split(" "));

describe("the command line", () => {
  it("has defaults", () => {
    expect(run("")).toEqual({
      type: "run",
      command: {
        config: undefined,
        test: false,
        debug: false,
        demo: false,
        printDenoPermissions: false,
        shutdownTimeout: 30_000,
        drainDelay: 0,
        version: false,
        help: false,
      },
    });
  });

  it.each([
    ["-c a.yaml", { config: "a.yaml" }],
    ["--config a.yaml -t -d", { config: "a.yaml", test: true, debug: true }],
    ["--config=a=b.yaml", { config: "a=b.yaml" }],
    ["--shutdown-timeout 5 --drain-delay=0.5", { shutdownTimeout: 5000, drainDelay: 500 }],
    ["--demo", { demo: true }],
    ["--print-deno-permissions -c a.yaml", { printDenoPermissions: true, config: "a.yaml" }],
    ["-v -h", { version: true, help: true }],
  ])("reads %s", (args, expected) => {
    expect(run(args)).toMatchObject({ type: "run", command: expected });
  });

  it.each([
    ["--nope", 'unknown argument "--nope"'],
    ["--token=s3cret", 'unknown argument "--token"'],
    ["sk-0123456789abcdef", 'unknown argument "***"'],
    ["--drain-delay Zz0123456789abcdef", '--drain-delay: found "***", expected seconds from 0 to 3600'],
    ["file.yaml", 'unknown argument "file.yaml"'],
    ["-x", 'unknown argument "-x"'],
    ["--config", "--config needs a value"],
    ["-c", "--config needs a value"],
    ["-c -t", "--config needs a value"],
    ["--config=", "--config needs a value"],
    ["--test=yes", '--test takes no value, found "--test=yes"'],
    ["--shutdown-timeout 0", '--shutdown-timeout: found "0", expected seconds from 1 to 3600'],
    ["--shutdown-timeout 3601", '--shutdown-timeout: found "3601", expected seconds from 1 to 3600'],
    ["--shutdown-timeout 1e2", '--shutdown-timeout: found "1e2", expected seconds from 1 to 3600'],
    ["--drain-delay x", '--drain-delay: found "x", expected seconds from 0 to 3600'],
    ["--demo -c x", "--demo runs without a --config"],
    ["--demo --print-deno-permissions", "--print-deno-permissions is for a --config, not for --demo"],
  ])("refuses %s", (args, message) => {
    expect(run(args)).toEqual({ type: "usage_error", message: `llmproxy: ${message}; see llmproxy --help` });
  });
});
