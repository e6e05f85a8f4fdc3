/** From arguments to a running proxy, and out again. */

import { createAdminApp } from "../admin/app.ts";
import { systemClock } from "../base/clock.ts";
import { VERSION } from "../base/version.ts";
import type { Config } from "../config/config.ts";
import {
  type Diagnostic,
  formatDiagnostic,
  type LoadDeps,
  type LoadResult,
  loadConfig,
  parseConfig,
} from "../config/load.ts";
import type { Demo } from "../demo/demo.ts";
import { createLog, type Log, type TextFormatter } from "../log/log.ts";
import { createMetrics } from "../metrics/metrics.ts";
import type { Runtime } from "../runtime/runtime.ts";
import { connectsOf, listensOf, type RecordedReads, recordReads } from "./access.ts";
import { announce } from "./announce.ts";
import { type CommandLine, parseArguments, USAGE } from "./cli.ts";
import { CannotListen, type Listening, listenAdmin, listenForward } from "./listen.ts";
import { createProxy, type LlmProxy } from "./proxy.ts";
import { createShortageWarning } from "./shortage.ts";
import { shutdown } from "./shutdown.ts";
import { count, summary } from "./summary.ts";

/** What the process exits with. */
const EXIT = { ok: 0, config: 1, usage: 2, portInUse: 3, cut: 4, killed: 130 } as const;

/** Runs the program: resolves when it has started (or has asked the runtime to exit). */
export async function main(runtime: Runtime, args: readonly string[]): Promise<void> {
  const parsed = parseArguments(args);
  if (parsed.type === "usage_error") return fail(runtime, EXIT.usage, parsed.message);
  const { command } = parsed;
  if (command.help) return done(runtime, USAGE);
  if (command.version) return done(runtime, `llmproxy ${VERSION} (${runtime.name} ${runtime.version})`);
  try {
    await run(runtime, command);
  } catch (error) {
    await failWith(runtime, command, error);
  }
}

async function run(runtime: Runtime, command: CommandLine): Promise<void> {
  const demo = command.demo ? await openDemo(runtime) : undefined;
  const reads = recordReads(runtime);
  const loaded = await load(reads, command, demo);
  report(runtime, "warning", loaded.warnings);
  report(runtime, "error", loaded.errors);
  const { config } = loaded;
  if (config === undefined) return failConfig(runtime, loaded);
  if (command.test) return done(runtime, summary(config));
  if (command.printDenoPermissions) return done(runtime, denoPermissions(runtime, config, reads));
  await start(runtime, command, config, demo);
}

function denoPermissions(runtime: Runtime, config: Config, reads: RecordedReads): string {
  return runtime.denoPermissions({
    listens: listensOf(config),
    connects: connectsOf(config),
    ...reads.asked(),
  });
}

/** Most diagnostics that are printed: a file that is not a configuration can have one in every line. */
const MAX_REPORTED = 1000;

function report(runtime: Runtime, kind: "error" | "warning", found: readonly Diagnostic[]): void {
  for (const one of found.slice(0, MAX_REPORTED)) runtime.writeError(`${kind}: ${formatDiagnostic(one)}`);
  const more = found.length - MAX_REPORTED;
  if (more > 0) runtime.writeError(`${kind}: and ${more} more`);
}

/** Most starts are no demo: its code is loaded where one is asked for. */
async function openDemo(runtime: Runtime): Promise<Demo> {
  const { startDemo } = await import("../demo/demo.ts");
  return startDemo(runtime, { clock: systemClock, random: Math.random });
}

/** Text for people, with LogTape, which a start without a terminal does not load. */
async function textFor(runtime: Runtime, debug: boolean): Promise<TextFormatter> {
  const { createTextFormatter } = await import("../log/text.ts");
  return createTextFormatter({ color: runtime.env("NO_COLOR") === undefined, debug });
}

function load(deps: LoadDeps, command: CommandLine, demo: Demo | undefined): Promise<LoadResult> {
  return demo === undefined
    ? loadConfig(command.config ?? "config.yaml", deps)
    : parseConfig(demo.configYaml, { file: "demo", ...deps });
}

async function start(
  runtime: Runtime,
  command: CommandLine,
  config: Config,
  demo: Demo | undefined,
): Promise<void> {
  const { debug } = command;
  const text = runtime.isTerminal ? await textFor(runtime, debug) : undefined;
  const log = createLog({ write: (line) => runtime.write(line), text, debug });
  announce(config, runtime, log);
  const metrics = createMetrics({
    runtime: runtime.name,
    version: VERSION,
    processStats: () => runtime.processStats(),
  });
  runtime.onDefect((error) => {
    metrics.internalError();
    log.error("a defect of the proxy", { error });
  });
  const proxy = createProxy(config, {
    runtime,
    metrics,
    log,
    clock: systemClock,
    random: Math.random,
    tracing: debug,
  });
  proxy.startHealthChecks();
  const warnOfShortage = createShortageWarning(log, systemClock, () => runtime.processStats().maxFds);
  let state: "starting" | "serving" | "draining" = "starting";

  const opened: Listening[] = [];
  try {
    if (config.admin !== undefined) {
      const { token } = config.admin;
      const admin = createAdminApp({
        ...(token !== undefined && { token }),
        state: () => state,
        health: proxy.health,
        metrics,
        version: VERSION,
        log,
      });
      opened.push(
        await listenAdmin(
          runtime,
          config.admin,
          (request) => admin.fetch(request),
          () => warnOfShortage("admin"),
        ),
      );
    }
    for (const forward of proxy.forwards) {
      const onNotAccepted = (): void => {
        forward.notAccepted();
        warnOfShortage(forward.config.name);
      };
      opened.push(await listenForward(runtime, forward, onNotAccepted));
    }
  } catch (error) {
    proxy.close();
    await Promise.all(opened.map(({ listener }) => listener.close()));
    throw error;
  }
  for (const { kind, name, address, port, url } of opened) {
    log.info("listening", { listener: kind, name, address, port, url });
  }
  state = "serving";
  if (demo !== undefined) runtime.write(demo.banner(bannerOf(opened)));

  onSignals(runtime, log, async () => {
    state = "draining";
    const cut = await stop(proxy, opened, command, log);
    await demo?.close();
    await runtime.flush();
    runtime.exit(cut > 0 ? EXIT.cut : EXIT.ok);
  });
}

async function stop(
  proxy: LlmProxy,
  opened: readonly Listening[],
  command: CommandLine,
  log: Log,
): Promise<number> {
  const listeners = (kind: Listening["kind"]) =>
    opened.filter((listening) => listening.kind === kind).map(({ listener }) => listener);
  const cut = await shutdown(proxy.forwards, listeners("forward"), {
    timeout: command.shutdownTimeout,
    drainDelay: command.drainDelay,
    clock: systemClock,
    log,
  });
  proxy.close();
  await Promise.all(listeners("admin").map((listener) => listener.close()));
  log.info("stopped", { cut });
  return cut;
}

/** The first SIGTERM or SIGINT drains; a second one exits at once. SIGHUP is reserved for a reload. */
function onSignals(runtime: Runtime, log: Log, drain: () => Promise<void>): void {
  let signals = 0;
  runtime.onSignal((signal) => {
    if (signal === "SIGHUP") return log.info("reload is not supported yet", { signal });
    signals += 1;
    if (signals > 1) return runtime.exit(EXIT.killed);
    log.info("signal", { signal });
    drain().catch((error: unknown) => {
      log.error("the shutdown failed", { error });
      runtime.exit(EXIT.config);
    });
  });
}

function bannerOf(opened: readonly Listening[]): Parameters<Demo["banner"]>[0] {
  const admin = opened.find(({ kind }) => kind === "admin");
  return {
    forwards: opened.filter(({ kind }) => kind === "forward").map(({ name, url }) => ({ name, url })),
    ...(admin !== undefined && { admin: admin.url }),
  };
}

async function failConfig(runtime: Runtime, { errors, unreadable }: LoadResult): Promise<void> {
  const hint = unreadable ? "; copy config.default.yaml to begin with, or try --demo" : "";
  await fail(runtime, EXIT.config, `llmproxy: the configuration has ${count(errors.length, "error")}${hint}`);
}

async function done(runtime: Runtime, text: string): Promise<void> {
  runtime.write(text);
  await runtime.flush();
  runtime.exit(EXIT.ok);
}

async function fail(runtime: Runtime, code: number, message: string): Promise<void> {
  runtime.writeError(message);
  await runtime.flush();
  runtime.exit(code);
}

/** One clear line; with --debug the stack too. */
async function failWith(runtime: Runtime, command: CommandLine, error: unknown): Promise<void> {
  const message = error instanceof Error ? error.message : String(error);
  if (command.debug && error instanceof Error) runtime.writeError(error.stack ?? message);
  const code = error instanceof CannotListen && error.kind === "in_use" ? EXIT.portInUse : EXIT.config;
  await fail(runtime, code, `llmproxy: ${message}`);
}
