import { existsSync } from "node:fs";
import { join } from "node:path";
import { Ajv } from "ajv";
import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import { VERSION } from "../../src/base/version.ts";
import { ROOT, read } from "./documents.ts";
import { configInConfigMap, type Manifest, manifestFiles } from "./manifests.ts";
import { check, has } from "./tools.ts";

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

  it.each(manifestFiles())("%s is what the Kubernetes API takes", (file) => {
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
    const config = parse(configInConfigMap()) as {
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
