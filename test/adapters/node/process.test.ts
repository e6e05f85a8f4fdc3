import { execFileSync } from "node:child_process";
import {
  closeSync,
  constants,
  mkdtempSync,
  openSync,
  readFileSync,
  readSync,
  write,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it, onTestFinished, vi } from "vitest";
import { peerAddress } from "../../../adapters/shared/http/address.ts";
import { createOutput, type Write } from "../../../adapters/shared/node-api/output.ts";
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

const to =
  (fd: number): Write =>
  (bytes, done) =>
    write(fd, bytes, done);

describe("output", () => {
  it("writes lines in order, and flush waits for them", async () => {
    const file = join(folder, "lines");
    const fd = openSync(file, "w");
    const output = createOutput(to(fd));
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
    const output = createOutput(to(writing));
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
    const output = createOutput(to(1_000_000));
    output.write("nobody");
    await output.flush();
    output.write("nobody");
    await output.flush();
    expect(output.dropped).toBe(2);
  });

  it("counts every line that a full disk does not take, and goes on once it does", async () => {
    const written: string[] = [];
    let isFull = true;
    const output = createOutput((bytes, done) => {
      if (isFull) return done({ code: "ENOSPC" }, 0);
      written.push(bytes.toString());
      done(null, bytes.byteLength);
    });
    for (const line of ["a", "b", "c"]) output.write(line);
    await output.flush();
    expect(output.dropped).toBe(3);
    isFull = false;
    output.write("d");
    await output.flush();
    expect([written, output.dropped]).toEqual([["d\n"], 3]);
  });

  it("drops all lines after a broken pipe", async () => {
    let writes = 0;
    const output = createOutput((_bytes, done) => {
      writes += 1;
      done({ code: "EPIPE" }, 0);
    });
    for (const line of ["a", "b", "c"]) {
      output.write(line);
      await output.flush();
    }
    expect([writes, output.dropped]).toEqual([1, 3]);
  });

  it("does not wait for a reader that takes nothing for a second", async () => {
    vi.useFakeTimers();
    onTestFinished(() => void vi.useRealTimers());
    const output = createOutput(() => undefined);
    output.write("a");
    let isOver = false;
    const flushed = output.flush().then(() => {
      isOver = true;
    });
    await vi.advanceTimersByTimeAsync(900);
    expect(isOver).toBe(false);
    await vi.advanceTimersByTimeAsync(1_100);
    await flushed;
  });

  it("waits for a slow reader that takes some", async () => {
    vi.useFakeTimers();
    onTestFinished(() => void vi.useRealTimers());
    const output = createOutput((_bytes, done) => void setTimeout(done, 900, null, 1));
    output.write("abcd");
    let isOver = false;
    const flushed = output.flush().then(() => {
      isOver = true;
    });
    await vi.advanceTimersByTimeAsync(4_400);
    expect(isOver).toBe(false);
    await vi.advanceTimersByTimeAsync(200);
    await flushed;
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
