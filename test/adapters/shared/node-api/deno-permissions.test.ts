import { describe, expect, it } from "vitest";
import { denoPermissions } from "../../../../adapters/shared/node-api/deno-permissions.ts";

const NOTHING = { listens: [], connects: [], files: [], variables: [] };

describe("Deno's permission flags", () => {
  it("name each host, port, file and variable once", () => {
    const flags = denoPermissions({
      listens: [{ host: "::1", port: 3000 }],
      connects: [
        { host: "api.example", port: 443 },
        { host: "api.example", port: 443 },
      ],
      files: ["c.yaml", "/run/secrets/key"],
      variables: ["KEY", "NO_COLOR"],
    });
    expect(flags).toBe(
      "--no-prompt --allow-net=[::1]:3000,api.example:443 --allow-read=/dev/null,/run/secrets/key,c.yaml --allow-env=JEST_WORKER_ID,KEY,NO_COLOR,UNDICI_NO_WASM_SIMD --allow-sys",
    );
  });

  it.each([
    ["/etc/a,b/key", "/dev/null,/etc/"],
    ["a,b/key", ".,/dev/null"],
    ["./x/k,1", "./x/,/dev/null"],
  ])(
    "name the folder around %s, which has a comma in its path, beside what the program opens itself",
    (file, granted) => {
      expect(denoPermissions({ ...NOTHING, files: [file] })).toContain(` --allow-read=${granted} `);
    },
  );

  it("are words for a shell, whatever is in a path", () => {
    const flags = denoPermissions({ ...NOTHING, files: ["it's my $HOME/c.yaml"] });
    expect(flags).toContain(` '--allow-read=/dev/null,it'\\''s my $HOME/c.yaml' `);
  });
});
