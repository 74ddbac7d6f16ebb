import { expect, test } from 'vitest';

import { byteSteps, timeLabels } from '~/ui/timeAxis';

const at = (text: string) => new Date(text).getTime() / 1000;

test('ticks say the time, the day where one begins, and seconds where they are near', () => {
  const evening = at('2026-03-01T23:30:00');
  expect(timeLabels([evening, evening + 1800], 1800)).toEqual(['23:30', '2 Mar']);
  expect(timeLabels([evening + 10], 10)).toEqual(['23:30:10']);
  expect(timeLabels([evening], 86_400)).toEqual(['1 Mar']);
  expect(timeLabels([evening], 30 * 86_400)).toEqual(['Mar 2026']);
});

test('bytes go by powers of two', () => {
  expect(byteSteps.slice(0, 4)).toEqual([1, 2, 4, 8]);
  expect(byteSteps).toContain(1024 ** 3);
});
