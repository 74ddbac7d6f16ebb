// What charts draw: history as the service has it, and behind its end what came live.
import type { Series } from '~/api/monitoring';
import type { Total } from '~/pages/monitoring/live';

export interface Drawn {
  times: number[];
  values: (number | null)[][]; // of each name, beside the times
}

export type LiveName = Exclude<keyof Total, 'at' | 'nodes'>;

interface Point {
  at: string;
  value: number | null;
}

function secondsOf({ at }: Point): number {
  return Date.parse(at) / 1000;
}

// All series are asked for over one span, so they have the same steps.
export function drawnFrom(
  history: readonly (readonly Point[])[],
  totals: readonly Total[],
  names: readonly LiveName[],
): Drawn {
  const first = history[0] ?? [];
  const known = first.findLastIndex((_, index) =>
    history.some((one) => typeof one[index]?.value === 'number'),
  );
  const kept = first.slice(0, known + 1);
  const times = kept.map(secondsOf);
  const [zero, one] = first;
  const step = zero && one ? secondsOf(one) - secondsOf(zero) : 0;
  const end = times.at(-1);
  // A step's value stands at its beginning and says what was until its end.
  const tail = totals.filter((one) => end === undefined || one.at >= end + step);
  return {
    times: [...times, ...tail.map((one) => one.at)],
    values: names.map((name, index) => [
      ...kept.map((_, at) => history[index]?.[at]?.value ?? null),
      ...tail.map((one) => one[name]),
    ]),
  };
}

// The share of look-ups that found something, out of hits and misses a second.
export function ratioOf(hits: Series['items'], misses: Series['items']): Point[] {
  return hits.map(({ at, value }, index) => {
    const missed = misses[index]?.value;
    if (typeof value !== 'number' || typeof missed !== 'number') return { at, value: null };
    const asked = value + missed;
    return { at, value: asked > 0 ? value / asked : null };
  });
}
