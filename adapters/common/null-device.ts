import { closeSync, openSync } from "node:fs";
import { setInterval } from "node:timers";
import type { DescriptorSource } from "./descriptors.ts";

/** Descriptors of `/dev/null`. There is none on Windows, which has no such limit of sockets either. */
export const nullDevice: DescriptorSource = {
  open: () => openSync("/dev/null", "r"),
  close: closeSync,
  every: (ms, look) => void setInterval(look, ms).unref(),
};
