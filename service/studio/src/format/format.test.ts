import { describe, expect, it } from 'vitest';

import {
  absent,
  formatAgo,
  formatBytes,
  formatDuration,
  formatNumber,
  formatPercent,
  formatShort,
  formatTime,
  parseBytes,
} from '~/format';

describe('formats', () => {
  it.each([
    [0, '0 B'],
    [1023, '1023 B'],
    [1024, '1 KiB'],
    [1536, '1.5 KiB'],
    [1024 * 1023.6, '1 MiB'],
    [40 * 1024 ** 2, '40 MiB'],
    [-2048, '−2 KiB'],
    [undefined, absent],
    [NaN, absent],
  ])('writes %s bytes as %s', (bytes, text) => expect(formatBytes(bytes)).toBe(text));

  it.each([
    [0, '0 s'],
    [0.00034, '340 µs'],
    [0.012, '12 ms'],
    [3.21, '3.2 s'],
    [300, '5 min'],
    [7800, '2 h 10 min'],
    [273_600, '3 d 4 h'],
    [-1, absent],
    [null, absent],
  ])('writes %s seconds as %s', (seconds, text) => expect(formatDuration(seconds)).toBe(text));

  it('has a word for what is absent or no time', () => {
    for (const text of [undefined, null, '', 'soon', 'Invalid Date']) {
      expect(formatTime(text)).toBe(absent);
      expect(formatAgo(text)).toBe(absent);
    }
    expect(formatNumber(undefined)).toBe(absent);
    expect(formatShort(undefined)).toBe(absent);
    expect(formatPercent(1, 0)).toBe(absent);
  });

  it('tells how long ago', () => {
    const now = Date.parse('2026-03-03T12:00:00Z');
    expect(formatAgo('2026-03-03T11:59:50Z', now)).toBe('just now');
    expect(formatAgo('2026-03-03T11:00:00Z', now)).toBe('1 h ago');
    expect(formatAgo('2026-03-05T12:00:00Z', now)).toBe('in 2 d');
  });

  it('writes numbers and shares', () => {
    expect(formatNumber(1_234_567)).toBe('1,234,567');
    expect(formatShort(1_234)).toBe('1.2K');
    expect(formatShort(0.25)).toBe('0.3');
    expect(formatPercent(1, 3)).toBe('33 %');
    expect(formatPercent(1, 1e6)).toBe('<0.1 %');
  });
});

describe('parseBytes', () => {
  it.each([
    ['40mb', 40 * 1024 ** 2],
    ['1.5 GiB', 1.5 * 1024 ** 3],
    ['1048576', 1_048_576],
    [' 2G ', 2 * 1024 ** 3],
    ['', undefined],
    ['-1', undefined],
    ['40 potatoes', undefined],
    ['1e9', undefined],
    ['999999999999999999gb', undefined],
  ])('reads %j as %s', (text, bytes) => expect(parseBytes(text)).toBe(bytes));

  it('reads what formatBytes has written', () => {
    for (const bytes of [1, 1024, 40 * 1024 ** 2, 1024 ** 3]) {
      expect(parseBytes(formatBytes(bytes))).toBe(bytes);
    }
  });
});
