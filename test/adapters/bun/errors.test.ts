import { errorSuite, NUL_IN_FIELD, UNKNOWN_CODING } from "../shared/error-suite.ts";

errorSuite("bun", NUL_IN_FIELD, UNKNOWN_CODING);
