/** What became of the generations so far: whether a client that left has stopped its own can be seen here. */
export interface Stats {
  /** API requests taken, failed ones included. */
  requests: number;
  /** Generations under way. */
  open: number;
  completed: number;
  /** Their client left. */
  cancelled: number;
  /** Broken off as asked for. */
  cut: number;
}

export function createStats(): Stats {
  return { requests: 0, open: 0, completed: 0, cancelled: 0, cut: 0 };
}

/** Counts a generation as open until the function returned says how it ended; only the first call counts. */
export function begin(stats: Stats): (end: "completed" | "cancelled" | "cut") => boolean {
  let ended = false;
  stats.open++;
  return (end) => {
    if (ended) return false;
    ended = true;
    stats.open--;
    stats[end]++;
    return true;
  };
}
