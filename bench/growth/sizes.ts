/** How far everything grows. */

export interface Sizes {
  readonly upstreams: readonly number[];
  readonly routes: readonly number[];
  readonly addresses: readonly number[];
  readonly streams: readonly number[];
  /** Bytes. */
  readonly bodies: readonly number[];
  readonly configs: readonly number[];
  /** Milliseconds of each measurement in process. */
  readonly microMs: number;
  /** Seconds of each measurement over sockets. */
  readonly seconds: number;
  /** Runs of a check of a config. */
  readonly checks: number;
}

const NORMAL: Sizes = {
  upstreams: [1, 10, 100, 1000],
  routes: [1, 10, 100, 1000],
  addresses: [1, 1000, 65_536, 1_000_000],
  streams: [100, 1000, 5000],
  bodies: [1e3, 1e4, 1e5, 1e6, 1e7, 5e7],
  configs: [10, 100, 1000, 5000],
  microMs: 200,
  seconds: 2,
  checks: 3,
};

/** Fewer, and shorter: whether it works, not what it says. */
const QUICK: Sizes = {
  ...NORMAL,
  streams: [100, 1000],
  bodies: [1e3, 1e6, 5e7],
  configs: [10, 1000],
  microMs: 20,
  seconds: 0.5,
  checks: 1,
};

const FULL: Sizes = { ...NORMAL, streams: [...NORMAL.streams, 10_000] };

export function sizesOf({ quick, full }: { readonly quick: boolean; readonly full: boolean }): Sizes {
  if (quick) return QUICK;
  return full ? FULL : NORMAL;
}
