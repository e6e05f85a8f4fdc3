/** Side effects that must happen before the program is loaded. */

import { holdSignals } from "../shared/node-api/hold-signals.ts";

holdSignals();
