// How values are written, everywhere the same. All take what the API may leave out and answer
// `absent` for it, so that no page prints "undefined" or "Invalid Date".
export const absent = '–';

type Maybe<T> = T | null | undefined;

function isNumber(value: Maybe<number>): value is number {
  return typeof value === 'number' && Number.isFinite(value);
}

const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB'];

// "40 MiB", "1.5 GiB", three digits at most before the unit.
export function formatBytes(bytes: Maybe<number>): string {
  if (!isNumber(bytes)) return absent;
  let value = Math.abs(bytes);
  let unit = 0;
  while (value >= 1023.5 && unit < units.length - 1) {
    value /= 1024;
    unit += 1;
  }
  const digits = unit === 0 || value >= 99.95 ? 0 : 1;
  const text = value.toFixed(digits).replace(/\.0$/, '');
  return `${bytes < 0 ? '−' : ''}${text} ${units[unit] ?? ''}`;
}

const grouped = new Intl.NumberFormat('en-US', { maximumFractionDigits: 0 });
const short = new Intl.NumberFormat('en-US', { notation: 'compact', maximumFractionDigits: 1 });

export function formatNumber(value: Maybe<number>): string {
  return isNumber(value) ? grouped.format(value) : absent;
}

// "1.2K", for places where digits would dance.
export function formatShort(value: Maybe<number>): string {
  if (!isNumber(value)) return absent;
  if (value !== 0 && Math.abs(value) < 10) return String(Math.round(value * 10) / 10);
  return short.format(value);
}

export function formatPercent(part: Maybe<number>, whole: Maybe<number>): string {
  if (!isNumber(part) || !isNumber(whole) || whole <= 0) return absent;
  const percent = (part / whole) * 100;
  return percent > 0 && percent < 0.1 ? '<0.1 %' : `${percent.toFixed(percent < 10 ? 1 : 0)} %`;
}

// "340 µs", "12 ms", "3.2 s", "5 min", "2 h 10 min", "3 d 4 h"
export function formatDuration(seconds: Maybe<number>): string {
  if (!isNumber(seconds) || seconds < 0) return absent;
  if (seconds === 0) return '0 s';
  if (seconds < 0.001) return `${Math.round(seconds * 1e6)} µs`;
  if (seconds < 1) return `${Number((seconds * 1000).toPrecision(3))} ms`;
  if (seconds < 60) return `${Number(seconds.toFixed(1))} s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${minutes} min`;
  const hours = Math.floor(minutes / 60);
  if (hours < 24) return minutes % 60 === 0 ? `${hours} h` : `${hours} h ${minutes % 60} min`;
  const days = Math.floor(hours / 24);
  return hours % 24 === 0 ? `${days} d` : `${days} d ${hours % 24} h`;
}

export function parseTime(text: Maybe<string>): Date | undefined {
  if (typeof text !== 'string' || text === '') return undefined;
  const time = new Date(text);
  return Number.isNaN(time.getTime()) ? undefined : time;
}

const dateTime = new Intl.DateTimeFormat('en-GB', {
  year: 'numeric',
  month: 'short',
  day: 'numeric',
  hour: '2-digit',
  minute: '2-digit',
});

// "3 Mar 2026, 14:05" in the reader's zone.
export function formatTime(text: Maybe<string>): string {
  const time = parseTime(text);
  return time === undefined ? absent : dateTime.format(time);
}

// "just now", "5 min ago", "in 3 d"
export function formatAgo(text: Maybe<string>, now: number = Date.now()): string {
  const time = parseTime(text);
  if (time === undefined) return absent;
  const seconds = (now - time.getTime()) / 1000;
  if (Math.abs(seconds) < 45) return 'just now';
  const rounded = Math.max(60, Math.abs(seconds));
  const whole = formatDuration(rounded).split(' ').slice(0, 2).join(' ');
  return seconds > 0 ? `${whole} ago` : `in ${whole}`;
}

const byteText = /^(\d+(?:\.\d+)?)\s*(b|k|kb|kib|m|mb|mib|g|gb|gib)?$/i;
const factors: Record<string, number> = { b: 1, k: 1024, m: 1024 ** 2, g: 1024 ** 3 };

// What a person types for an amount of memory: "40mb", "1.5 GiB", "1048576". As in Redis' settings
// with a b, kb is 1024 bytes. Nothing when it makes no sense.
export function parseBytes(text: string): number | undefined {
  const match = byteText.exec(text.trim());
  if (!match) return undefined;
  const unit = (match[2] ?? 'b').charAt(0).toLowerCase();
  const bytes = Math.round(Number(match[1]) * (factors[unit] ?? 1));
  return Number.isSafeInteger(bytes) ? bytes : undefined;
}
