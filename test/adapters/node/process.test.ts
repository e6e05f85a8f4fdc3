import { execFileSync } from "node:child_process";
import { closeSync, constants, mkdtempSync, openSync, readFileSync, readSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { peerAddress } from "../../../adapters/common/address.ts";
import { createOutput } from "../../../adapters/common/output.ts";
import { runtime } from "./support.ts";

const folder = mkdtempSync(join(tmpdir(), "llmproxy-node-"));

/** Bytes that are there to be read. */
function readNow(fd: number): number {
  try {
    return readSync(fd, Buffer.alloc(65_536));
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "EAGAIN") return 0;
    throw error;
  }
}

describe("output", () => {
  it("writes lines in order, and flush waits for them", async () => {
    const file = join(folder, "lines");
    const fd = openSync(file, "w");
    const output = createOutput(fd);
    const lines = Array.from({ length: 5_000 }, (_, i) => `line ${i} é`);
    for (const line of lines) output.write(line);
    await output.flush();
    expect(readFileSync(file, "utf8")).toBe(`${lines.join("\n")}\n`);
    output.write("more");
    await output.flush();
    await output.flush();
    closeSync(fd);
    expect(readFileSync(file, "utf8").endsWith("é\nmore\n")).toBe(true);
    expect(output.dropped).toBe(0);
  });

  it("drops lines past 1 MiB when nobody reads, without blocking, and goes on when somebody does", async () => {
    const fifo = join(folder, "fifo");
    execFileSync("mkfifo", [fifo]);
    const reading = openSync(fifo, constants.O_RDWR | constants.O_NONBLOCK);
    const writing = openSync(fifo, "w");
    onTestFinished(() => {
      closeSync(reading);
      closeSync(writing);
    });
    const output = createOutput(writing);
    const line = "x".repeat(9_999);
    for (let i = 0; i < 300; i += 1) output.write(line);
    expect(output.dropped).toBeGreaterThan(150);
    expect(output.dropped).toBeLessThan(200);
    const kept = (300 - output.dropped) * 10_000;
    let read = 0;
    while (read < kept) {
      read += readNow(reading);
      await new Promise((resolve) => setImmediate(resolve));
    }
    await output.flush();
    expect(read).toBe(kept);
  });

  it("never throws when its reader is gone", async () => {
    const output = createOutput(1_000_000);
    output.write("nobody");
    await output.flush();
    output.write("nobody");
    await output.flush();
    expect(output.dropped).toBe(2);
  });
});

describe("files and the process", () => {
  it("reads a UTF-8 file", async () => {
    writeFileSync(join(folder, "a"), "é");
    expect(await runtime.readTextFile(join(folder, "a"))).toBe("é");
  });

  it("says in words why a file can't be read", async () => {
    await expect(runtime.readTextFile(join(folder, "none"))).rejects.toThrow(/^no such file$/);
    await expect(runtime.readTextFile(folder)).rejects.toThrow(/^is a directory$/);
    await expect(runtime.readTextFile(join(folder, "a", "b"))).rejects.toThrow(/not a directory/);
  });

  it("has figures of its process", () => {
    const stats = runtime.processStats();
    expect(stats.residentBytes).toBeGreaterThan(10_000_000);
    expect(stats.heapBytes).toBeGreaterThan(1_000_000);
    expect(stats.cpuUserSeconds).toBeGreaterThan(0);
    expect(stats.openFds).toBeGreaterThan(3);
    expect(stats.maxFds).toBeGreaterThan(stats.openFds ?? 0);
    expect(Math.abs((stats.startTimeSeconds ?? 0) - Date.now() / 1000)).toBeLessThan(600);
  });

  it("knows its environment", () => {
    expect(runtime.env("PATH")).toBe(process.env["PATH"]);
    expect(runtime.env("NO_SUCH_VARIABLE")).toBeUndefined();
  });
});

it.each([
  ["::ffff:1.2.3.4", "1.2.3.4"],
  ["fe80::1%eth0", "fe80::1"],
  ["2001:db8::1", "2001:db8::1"],
  ["1.2.3.4", "1.2.3.4"],
])("the peer %s is shown as %s", (remote, shown) => {
  expect(peerAddress(remote)).toBe(shown);
});
