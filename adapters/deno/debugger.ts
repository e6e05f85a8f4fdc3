/** How often, and for how long, the debugger that is about to open is looked for (ms). */
const LOOK_EVERY = 1;
const LOOK_FOR = 1_000;

/**
 * Closes the debugger that Deno (≥ 2.9.2) opens on 127.0.0.1:9229 at SIGUSR1, although the signal has a handler. Needs
 * `--allow-sys`: without it the debugger stays open.
 */
export async function closeDebugger(): Promise<void> {
  // Not loaded before it is needed.
  const inspector = await import("node:inspector");
  const until = performance.now() + LOOK_FOR;
  const looks = setInterval(() => {
    try {
      const isOpen = inspector.url() !== undefined;
      if (isOpen) inspector.close();
      if (!isOpen && performance.now() < until) return;
    } catch {
      // Without --allow-sys.
    }
    clearInterval(looks);
  }, LOOK_EVERY);
}
