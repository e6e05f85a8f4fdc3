/** The manifests of examples/kubernetes. */

import { readdirSync } from "node:fs";
import { join } from "node:path";
import { parse } from "yaml";
import { ROOT, read } from "./documents.ts";

export interface Manifest {
  readonly apiVersion: string;
  readonly kind: string;
  readonly data?: Readonly<Record<string, string>>;
}

/** Their paths in the project. */
export function manifestFiles(): readonly string[] {
  return readdirSync(join(ROOT, "examples/kubernetes")).map((name) => `examples/kubernetes/${name}`);
}

/** The program's configuration, which is inside one of them. */
export function configInConfigMap(): string {
  const { data } = parse(read("examples/kubernetes/configmap.yaml")) as Manifest;
  return data?.["llmproxy.yaml"] ?? "";
}
