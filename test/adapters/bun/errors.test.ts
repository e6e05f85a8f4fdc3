import { errorSuite, NUL_IN_FIELD } from "../common/error-suite.ts";

errorSuite("bun", NUL_IN_FIELD);
