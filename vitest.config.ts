import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    coverage: { provider: "v8", include: ["src/**/*.ts"], reporter: ["text-summary"] },
    reporters: ["default", "./test/support/contract-summary.ts", "./test/support/closing-line.ts"],
    projects: [
      {
        test: {
          name: "unit",
          include: ["test/**/*.test.ts"],
          exclude: [
            "test/contract/runtime/**",
            "test/e2e/**",
            "test/clients/**",
            "test/adapters/**",
            "test/conformance/**",
            "test/package/**",
            "test/hostile/hostile.test.ts",
            "test/fuzz/e2e*.test.ts",
          ],
        },
      },
      {
        // Real programs over real sockets: one file at a time, so that timings mean something on two cores.
        test: {
          name: "contract",
          include: [
            "test/contract/runtime/**/*.test.ts",
            "test/e2e/**/*.test.ts",
            "test/clients/*.test.ts",
            "test/adapters/**/*.test.ts",
            "test/conformance/**/*.test.ts",
            "test/package/**/*.test.ts",
            "test/hostile/hostile.test.ts",
            "test/fuzz/e2e*.test.ts",
          ],
          testTimeout: 30_000,
          hookTimeout: 60_000,
          fileParallelism: false,
          // Rows of concurrent subjects wait most of their time.
          maxConcurrency: 16,
        },
      },
      {
        // Clients that npm does not install, Python's and a browser: not a part of `npm test`.
        test: {
          name: "clients",
          include: ["test/clients/installed/**/*.test.ts"],
          testTimeout: 30_000,
          hookTimeout: 60_000,
          maxConcurrency: 16,
        },
      },
    ],
  },
});
