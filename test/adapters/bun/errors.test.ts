import { errorSuite } from "../web/error-suite.ts";

errorSuite("bun");
