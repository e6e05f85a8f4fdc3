import { processSuite } from "../web/process-suite.ts";

processSuite("bun");
