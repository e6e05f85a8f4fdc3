/** Side effects that must happen before the program is loaded. */

import { holdSignals } from "../common/hold-signals.ts";

holdSignals();
