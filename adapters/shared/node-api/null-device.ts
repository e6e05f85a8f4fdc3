import { closeSync, openSync } from "node:fs";
import { setInterval } from "node:timers";
import type { DescriptorSource } from "./descriptors.ts";

/** Opens descriptors of `/dev/null`. Windows has no such file, and no such limit of sockets. */
export const nullDevice: DescriptorSource = {
  open: () => openSync("/dev/null", "r"),
  close: closeSync,
  every: (ms, look) => void setInterval(look, ms).unref(),
};
