// Numbers and times as people read them.

const percent = new Intl.NumberFormat('en-GB', { style: 'percent', maximumFractionDigits: 1 });
const whole = new Intl.NumberFormat('en-GB');
const moment = new Intl.DateTimeFormat('en-GB', { dateStyle: 'medium', timeStyle: 'short' });

export const shareText = (share: number): string => percent.format(share);
export const countText = (count: number): string => whole.format(count);
export const timeText = (ms: number): string => moment.format(ms);

export const plural = (count: number, one: string, many = `${one}s`): string =>
  `${countText(count)} ${count === 1 ? one : many}`;

/** How long ago, roughly. */
export function agoText(ms: number, now = Date.now()): string {
  const minutes = Math.round((now - ms) / 60_000);
  if (minutes < 1) return 'just now';
  if (minutes < 60) return `${minutes} min ago`;
  if (minutes < 24 * 60) return `${Math.round(minutes / 60)} h ago`;
  return timeText(ms);
}

/** A signal's or a rule's value as it is written in a source. */
export const valueText = (value: unknown): string =>
  value === null || value === undefined
    ? 'unknown'
    : Array.isArray(value)
      ? value.length
        ? value.join(', ')
        : 'empty'
      : typeof value === 'object'
        ? JSON.stringify(value)
        : String(value as string | number | boolean);

export const messageOf = (error: unknown): string =>
  error instanceof Error ? error.message : String(error);
