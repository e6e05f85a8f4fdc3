import { errorSuite } from "../common/error-suite.ts";

errorSuite("deno");
