import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Ajv } from "ajv";
import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import { main } from "../../src/main.ts";
import { VERSION } from "../../src/version.ts";
import { createFakeRuntime } from "../support/fake-runtime.ts";
import { surroundingsOf } from "./configs.ts";
import { ROOT, read } from "./documents.ts";
import { exposedMetrics, problemsOf } from "./metrics.ts";
import { check, has } from "./tools.ts";

const folders = readdirSync(join(ROOT, "examples"), { withFileTypes: true })
  .filter((entry) => entry.isDirectory())
  .map(({ name }) => name);

const manifests = readdirSync(join(ROOT, "examples/kubernetes")).map((name) => `examples/kubernetes/${name}`);

interface Manifest {
  readonly apiVersion: string;
  readonly kind: string;
  readonly data?: Readonly<Record<string, string>>;
}

const inConfigMap = (parse(read("examples/kubernetes/configmap.yaml")) as Manifest).data ?? {};

/** Each example's configuration, by what it is called. */
const configs: readonly { readonly name: string; readonly text: string }[] = [
  ...folders
    .map((folder) => `examples/${folder}/llmproxy.yaml`)
    .filter((file) => existsSync(join(ROOT, file)))
    .map((name) => ({ name, text: read(name) })),
  { name: "examples/kubernetes/configmap.yaml", text: inConfigMap["llmproxy.yaml"] ?? "" },
];

/** Runs `llmproxy -t` on a text, with dummies in the environment that it names. */
async function test(
  text: string,
): Promise<{ readonly exits: readonly number[]; readonly err: readonly string[] }> {
  const { env, files } = surroundingsOf(text);
  const runtime = createFakeRuntime({ files: { ...files, "/c/llmproxy.yaml": text }, variables: env });
  await main(runtime, ["-t", "-c", "/c/llmproxy.yaml"]);
  return runtime;
}

describe("examples", () => {
  it("are one for each of these", () => {
    expect(folders.sort()).toEqual(
      [
        "azure",
        "compose",
        "egress-proxy",
        "kubernetes",
        "ollama",
        "openai-anthropic",
        "systemd",
        "tls",
        "vllm",
      ].sort(),
    );
    expect(configs).toHaveLength(folders.length);
  });

  it.each(configs)("$name is fine to -t, without warnings", async ({ text }) => {
    expect(await test(text)).toMatchObject({ exits: [0], err: [] });
  });

  it.each(configs)("$name tells editors its schema in its first line", ({ text }) => {
    expect(text.split("\n")[0]).toBe("# yaml-language-server: $schema=../../config.schema.json");
  });

  it.each(configs)("$name names in its comments what it needs in the environment", ({ name, text }) => {
    const needed = Object.keys(surroundingsOf(text).env ?? {});
    const beside = name.includes("kubernetes") ? read("examples/kubernetes/secret.yaml") : "";
    const comments = text.split("\n").filter((line) => line.trim().startsWith("#"));
    const told = `${comments.join("\n")}${beside}`;
    expect(needed.filter((variable) => !told.includes(variable))).toEqual([]);
  });

  it("would not be fine with a group that there is none of", async () => {
    const text = read("examples/ollama/llmproxy.yaml").replace(
      "upstream_group: ollama",
      "upstream_group: olama",
    );
    expect((await test(text)).exits).toEqual([1]);
  });
});

describe("Kubernetes manifests", () => {
  const schema = JSON.parse(read("test/docs/schemas/kubernetes.json")) as {
    definitions: Record<string, unknown>;
  };
  const ajv = new Ajv({ strict: false, validateFormats: false }).addSchema(schema, "kubernetes");

  /** What the schema says of a manifest: unknown keys too. */
  function problems(manifest: Manifest): unknown {
    const [group, version] = manifest.apiVersion.includes("/")
      ? manifest.apiVersion.split("/")
      : ["core", "v1"];
    const name = `io.k8s.api.${group}.${version}.${manifest.kind}`;
    if (schema.definitions[name] === undefined) return `test/docs/schemas/kubernetes.json has no ${name}`;
    const validate = ajv.getSchema(`kubernetes#/definitions/${name}`);
    return validate?.(manifest) ? undefined : validate?.errors;
  }

  it.each(manifests)("%s is what the Kubernetes API takes", (file) => {
    expect(problems(parse(read(file)) as Manifest)).toBeUndefined();
  });

  it("would be refused with a key that is wrong", () => {
    const text = read("examples/kubernetes/deployment.yaml");
    expect(problems(parse(text.replace("readinessProbe:", "readynessProbe:")) as Manifest)).toBeTruthy();
    expect(problems(parse(text.replace("replicas: 2", "replicas: two")) as Manifest)).toBeTruthy();
  });

  it("give the program the time that it asks for, and this version's image", () => {
    const text = read("examples/kubernetes/deployment.yaml");
    const number = (pattern: RegExp): number => Number(pattern.exec(text)?.[1]);
    const asked = number(/--drain-delay=(\d+)/) + number(/--shutdown-timeout=(\d+)/);
    expect(number(/terminationGracePeriodSeconds: (\d+)/)).toBeGreaterThan(asked);
    expect(text).toContain(`image: llmproxy:${VERSION}\n`);
  });

  it("point to each other's names and ports", () => {
    const text = read("examples/kubernetes/deployment.yaml");
    expect(text).toContain("configMap: { name: llmproxy }");
    expect(text).toContain("secretRef: { name: llmproxy }");
    const config = parse(inConfigMap["llmproxy.yaml"] ?? "") as {
      http_server: { forwards: readonly { port: number }[]; admin: { port: number } };
    };
    expect(text).toContain(`{ name: http, containerPort: ${config.http_server.forwards[0]?.port} }`);
    expect(text).toContain(`{ name: admin, containerPort: ${config.http_server.admin.port} }`);
  });
});

describe("the Compose example", () => {
  const validate = new Ajv({ strict: false, validateFormats: false }).compile(
    JSON.parse(read("test/docs/schemas/compose.json")) as object,
  );
  const text = read("examples/compose/compose.yaml");

  it("is what the Compose Specification takes", () => {
    validate(parse(text));
    expect(validate.errors).toBeNull();
    expect(validate(parse(text.replace("stop_grace_period", "stop_grace_periot")))).toBe(false);
  });

  it("mounts files that are there", () => {
    const { services } = parse(text) as { services: Record<string, { volumes?: readonly string[] }> };
    const mounted = Object.values(services).flatMap(({ volumes }) => volumes ?? []);
    const sources = mounted
      .map((volume) => volume.split(":")[0] ?? "")
      .filter((path) => path.startsWith("."));
    expect(sources.length).toBeGreaterThan(4);
    expect(sources.filter((path) => !existsSync(join(ROOT, "examples/compose", path)))).toEqual([]);
  });

  it("gives the program the time that it asks for, and this version's image", () => {
    const number = (pattern: RegExp): number => Number(pattern.exec(text)?.[1]);
    const asked = number(/"--drain-delay", "(\d+)"/) + number(/"--shutdown-timeout", "(\d+)"/);
    expect(number(/stop_grace_period: (\d+)s/)).toBeGreaterThan(asked);
    expect(text).toContain(`image: llmproxy:${VERSION}\n`);
  });

  it.skipIf(!has("promtool"))("has a configuration that Prometheus takes", () => {
    const config = read("examples/compose/prometheus.yaml").replace(
      "  - alerts.yaml",
      `  - ${ROOT}/docs/alerts.yaml`,
    );
    expect(check("promtool", (file) => ["check", "config", file], config)).toMatch(/^fine/);
  });
});

interface Panel {
  readonly title: string;
  readonly targets?: readonly { readonly expr: string }[];
}

describe("Grafana's dashboard", async () => {
  const dashboard = JSON.parse(read("examples/compose/grafana/dashboards/llmproxy.json")) as {
    readonly panels: readonly Panel[];
    readonly annotations: { readonly list: readonly { readonly name: string; readonly expr: string }[] };
  };
  const metrics = await exposedMetrics();
  const queries = [
    ...dashboard.panels.flatMap(({ title, targets = [] }) => targets.map(({ expr }) => ({ title, expr }))),
    ...dashboard.annotations.list.map(({ name, expr }) => ({ title: name, expr })),
  ];

  it.each(queries)("asks for metrics and labels that there are: $title", ({ expr }) => {
    expect(problemsOf(expr, metrics)).toEqual([]);
  });

  it("shows every metric of requests and upstreams", () => {
    const all = queries.map(({ expr }) => expr).join("\n");
    const missing = [...metrics.keys()].filter((name) => name.startsWith("llmproxy_") && !all.includes(name));
    expect(missing).toEqual(["llmproxy_build_info"]);
  });

  it("has panels that don't lie on each other", () => {
    const places = dashboard.panels.map((panel) => JSON.stringify((panel as { gridPos?: object }).gridPos));
    expect(new Set(places).size).toBe(places.length);
  });

  it.skipIf(!has("promtool"))("has queries that are PromQL to promtool", () => {
    const rules = queries.map(({ expr }, i) => ({
      record: `a:query${i}`,
      expr: expr.replaceAll("$__rate_interval", "1m"),
    }));
    const text = JSON.stringify({ groups: [{ name: "dashboard", rules }] });
    expect(check("promtool", (file) => ["check", "rules", file], text)).toContain(
      `${rules.length} rules found`,
    );
  });
});

describe("the systemd example", () => {
  it.skipIf(!has("systemd-analyze"))(
    "is a drop-in that systemd reads (skipped without systemd-analyze)",
    () => {
      const folder = mkdtempSync(join(tmpdir(), "llmproxy-unit-"));
      try {
        const verify = (dropIn: string): string => {
          const unit = `mkdir -p llmproxy.service.d && printf '[Service]\\nExecStart=/bin/true\\n' > llmproxy.service && cat > llmproxy.service.d/override.conf`;
          spawnSync("sh", ["-c", unit], { cwd: folder, input: dropIn });
          const { stdout, stderr } = spawnSync(
            "systemd-analyze",
            ["verify", "--man=no", "./llmproxy.service"],
            {
              cwd: folder,
              encoding: "utf8",
            },
          );
          return `${stdout}${stderr}`
            .split("\n")
            .filter((line) => line.includes("llmproxy"))
            .join("\n");
        };
        const text = read("examples/systemd/llmproxy.service.d/override.conf");
        expect(verify(text)).toBe("");
        expect(verify(text.replace("LimitNOFILE", "LimitNoFiles"))).toContain("LimitNoFiles");
      } finally {
        rmSync(folder, { recursive: true, force: true });
      }
    },
  );

  it("reads its key where the unit's credentials are", () => {
    const [, name] =
      /LoadCredential=(\w+):/.exec(read("examples/systemd/llmproxy.service.d/override.conf")) ?? [];
    expect(read("examples/systemd/llmproxy.yaml")).toContain(`/run/credentials/llmproxy.service/${name}}`);
  });
});
