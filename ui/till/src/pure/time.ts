// Times and days as the store's clock on the wall shows them.
import { LOCALE } from '../texts';

const formats = new Map<string, Intl.DateTimeFormat>();

function format(zone: string, day: boolean): Intl.DateTimeFormat {
  const key = `${zone} ${day}`;
  let known = formats.get(key);
  if (!known) {
    const date = day ? ({ day: 'numeric', month: 'short' } as const) : {};
    known = new Intl.DateTimeFormat(LOCALE, {
      ...date,
      hour: '2-digit',
      minute: '2-digit',
      hourCycle: 'h23',
      timeZone: zone,
    });
    formats.set(key, known);
  }
  return known;
}

/** A moment as `14:02`; with the day before it when that is another day than `now`. */
export function clockTime(at: number, zone: string, now: number): string {
  const sameDay = dayOf(at, zone) === dayOf(now, zone);
  return format(zone, !sameDay).format(at);
}

/** The day of a moment in a time zone, as YYYY-MM-DD. */
export function dayOf(at: number, zone: string): string {
  const part = parts(at, zone);
  return `${part.year}-${part.month}-${part.day}`;
}

/** A moment as `2026-11-22 14:02`. */
export function localMinute(at: number, zone: string): string {
  const part = parts(at, zone);
  return `${dayOf(at, zone)} ${part.hour}:${part.minute}`;
}

/** A moment as `Thursday 26 November, 14:00`. */
export function dayAndTime(at: number, zone: string): string {
  const form = new Intl.DateTimeFormat(LOCALE, {
    weekday: 'long',
    day: 'numeric',
    month: 'long',
    timeZone: zone,
  });
  const part = Object.fromEntries(form.formatToParts(at).map(({ type, value }) => [type, value]));
  return `${part.weekday} ${part.day} ${part.month}, ${localMinute(at, zone).slice(-5)}`;
}

/** A day given as YYYY-MM-DD, as `Thursday 26 November`. */
export function longDay(date: string): string {
  return dayAndTime(Date.parse(`${date}T12:00:00Z`), 'UTC').split(',')[0] ?? date;
}

/** Put together here, for browsers do not agree how any language writes a date. */
function parts(at: number, zone: string): Record<string, string> {
  const two = '2-digit';
  const form = new Intl.DateTimeFormat('en', {
    year: 'numeric',
    month: two,
    day: two,
    hour: two,
    minute: two,
    hourCycle: 'h23',
    timeZone: zone,
  });
  return Object.fromEntries(form.formatToParts(at).map(({ type, value }) => [type, value]));
}

/** The day some days after another (or before it), both as YYYY-MM-DD. */
export function addDays(date: string, days: number): string {
  const at = new Date(`${date}T12:00:00Z`);
  at.setUTCDate(at.getUTCDate() + days);
  return at.toISOString().slice(0, 10);
}
