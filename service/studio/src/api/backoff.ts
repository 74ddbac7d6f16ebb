// Waits that double from half a second to thirty, half of them random.
const leastWaitMs = 500;
const mostWaitMs = 30_000;

export function waitBefore(attempt: number, random: () => number = Math.random): number {
  const most = Math.min(mostWaitMs, leastWaitMs * 2 ** attempt);
  return most / 2 + (random() * most) / 2;
}
