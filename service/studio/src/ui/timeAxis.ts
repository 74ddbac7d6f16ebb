// Labels and steps of axes.
const clock = new Intl.DateTimeFormat('en-GB', { hour: '2-digit', minute: '2-digit' });
const clockSeconds = new Intl.DateTimeFormat('en-GB', {
  hour: '2-digit',
  minute: '2-digit',
  second: '2-digit',
});
const day = new Intl.DateTimeFormat('en-GB', { day: 'numeric', month: 'short' });
const month = new Intl.DateTimeFormat('en-GB', { month: 'short', year: 'numeric' });
const whole = new Intl.DateTimeFormat('en-GB', {
  day: 'numeric',
  month: 'short',
  hour: '2-digit',
  minute: '2-digit',
  second: '2-digit',
});

const daySeconds = 86_400;

// Of ticks that are `step` seconds apart: the time of day, and the day where one begins.
export function timeLabels(splits: readonly number[], step: number): string[] {
  return splits.map((split) => {
    const at = new Date(split * 1000);
    if (step >= 28 * daySeconds) return month.format(at);
    const midnight = at.getHours() === 0 && at.getMinutes() === 0;
    if (step >= daySeconds || midnight) return day.format(at);
    return step < 60 ? clockSeconds.format(at) : clock.format(at);
  });
}

export function moment(seconds: number): string {
  return whole.format(new Date(seconds * 1000));
}

// Steps of an axis of bytes: 1, 2, 4 … KiB, not 1000 bytes.
export const byteSteps: number[] = Array.from({ length: 50 }, (_, power) => 2 ** power);
