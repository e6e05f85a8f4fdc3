/** Writes config.schema.json: `npm run schema`. */

import { readFile, writeFile } from "node:fs/promises";
import { createConfigSchema } from "./json-schema.ts";

const root = new URL("../", import.meta.url);
const schema = createConfigSchema(await readFile(new URL("config.default.yaml", root), "utf8"));
await writeFile(new URL("config.schema.json", root), `${JSON.stringify(schema, null, 2)}\n`);
