/** What has to be done before the program is loaded. */

import { holdSignals } from "../common/hold-signals.ts";

holdSignals();
