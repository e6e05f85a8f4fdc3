import { errorSuite } from "../shared/error-suite.ts";

errorSuite("deno");
