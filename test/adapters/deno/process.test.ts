import { processSuite } from "../common/process-suite.ts";

processSuite("deno");
