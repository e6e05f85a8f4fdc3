/** Writes config.schema.json and the type of a config as an object: `npm run schema`. */

import { readFile, writeFile } from "node:fs/promises";
import { createConfigObject } from "./config-object.ts";
import { createConfigSchema } from "./json-schema.ts";

const root = new URL("../", import.meta.url);
const schema = createConfigSchema(await readFile(new URL("config.default.yaml", root), "utf8"));
await writeFile(new URL("config.schema.json", root), `${JSON.stringify(schema, null, 2)}\n`);
await writeFile(new URL("src/config/config-object.ts", root), createConfigObject(schema));
