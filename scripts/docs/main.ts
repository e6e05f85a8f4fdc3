/** `npm run docs`: writes the generated parts of docs/. */

import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { generatedDocs } from "./generated.ts";

const root = join(import.meta.dirname, "../..");
const read = (file: string): string => readFileSync(join(root, file), "utf8");

for (const [file, text] of generatedDocs(read)) writeFileSync(join(root, file), text);
