import { processSuite } from "../shared/process-suite.ts";

processSuite("bun");
