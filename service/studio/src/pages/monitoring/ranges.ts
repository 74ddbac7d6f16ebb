// How far back the charts go, and how finely.
export interface Range {
  key: RangeKey;
  seconds: number;
  points: number;
  // How often history is asked for anew; its last minute or two come live.
  refreshSeconds: number;
}

export type RangeKey = '15m' | '1h' | '6h' | '1d' | '7d' | '31d' | '1y';

const hour = 3_600;
const day = 24 * hour;

export const ranges: readonly Range[] = [
  { key: '15m', seconds: 900, points: 15, refreshSeconds: 60 },
  { key: '1h', seconds: hour, points: 60, refreshSeconds: 60 },
  { key: '6h', seconds: 6 * hour, points: 180, refreshSeconds: 120 },
  { key: '1d', seconds: day, points: 288, refreshSeconds: 300 },
  { key: '7d', seconds: 7 * day, points: 336, refreshSeconds: 900 },
  { key: '31d', seconds: 31 * day, points: 372, refreshSeconds: 3_600 },
  { key: '1y', seconds: 365 * day, points: 365, refreshSeconds: 3_600 },
];

export function rangeOf(text: string | null): Range {
  const found = ranges.find((one) => one.key === text) ?? ranges[0];
  if (found === undefined) throw new Error('there are no ranges');
  return found;
}

// Where the history that is asked for ends: the same for a while, so that answers can be kept.
export function endOf(range: Range, nowMs: number): number {
  const step = range.refreshSeconds * 1000;
  return Math.floor(nowMs / step) * step;
}
