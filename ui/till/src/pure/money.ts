// Amounts: how they are shown, typed and suggested. Never a fraction inside: minor units only.
import type { Money } from '../api/types';
import { LOCALE } from '../texts';

const formats = new Map<string, Intl.NumberFormat>();

function format(currency: string): Intl.NumberFormat {
  let known = formats.get(currency);
  if (!known) {
    known = new Intl.NumberFormat(LOCALE, { style: 'currency', currency });
    formats.set(currency, known);
  }
  return known;
}

/** Decimal places of a currency: 2 for EUR, 0 for JPY, 3 for KWD. */
export function decimals(currency: string): number {
  return format(currency).resolvedOptions().maximumFractionDigits ?? 2;
}

/** The plain decimal text of an amount: 1999 EUR is `19.99`. Exact: made from digits, not by dividing. */
export function decimalText(money: Money): string {
  const places = decimals(money.currency);
  const digits = String(Math.abs(money.minor)).padStart(places + 1, '0');
  const sign = money.minor < 0 ? '-' : '';
  if (places === 0) return sign + digits;
  return `${sign}${digits.slice(0, -places)}.${digits.slice(-places)}`;
}

/** An amount as people read it, in the currency's own way. */
export function money(amount: Money): string {
  // `format` takes a decimal text exactly; the type only knows it as `${number}`.
  return format(amount.currency).format(decimalText(amount) as `${number}`);
}

const CURRENCIES = new Set(Intl.supportedValuesOf('currency'));

/** The agent's sentences, with the amounts in them as the rest of the screen shows them: `4.29 EUR` is `€4.29`. */
export function spoken(words: string): string {
  return words.replace(/(-?\d+(?:\.\d+)?) ([A-Z]{3})\b/g, (whole, digits: string, currency: string) => {
    if (!CURRENCIES.has(currency)) return whole;
    const places = digits.split('.')[1]?.length ?? 0;
    return places === decimals(currency) ? format(currency).format(digits as `${number}`) : whole;
  });
}

/** What was typed, as an amount; null if it is none. Comma and point both part the decimals. */
export function parseMoney(text: string, currency: string): Money | null {
  const places = decimals(currency);
  const found = /^(\d{1,9})(?:[.,](\d*))?$/.exec(text.trim());
  if (!found) return null;
  const fraction = found[2] ?? '';
  if (fraction.length > places) return null;
  const minor = Number(found[1] + fraction.padEnd(places, '0'));
  return Number.isSafeInteger(minor) ? { minor, currency } : null;
}

/** Sums that a customer is likely to hand over for `total`: the next round amounts, at most three. */
export function handedOver(total: Money): Money[] {
  const unit = 10 ** decimals(total.currency);
  const steps = unit === 1 ? [500, 1000, 5000, 10000] : [5, 10, 20, 50, 100, 200].map((n) => n * unit);
  const sums = new Set<number>();
  for (const step of steps) {
    const sum = Math.ceil(total.minor / step) * step;
    if (sum > total.minor) sums.add(sum);
  }
  return [...sums]
    .sort((a, b) => a - b)
    .slice(0, 3)
    .map((minor) => ({ minor, currency: total.currency }));
}

/** What to give back (or, negative, what is missing). */
export function change(given: Money, total: Money): Money {
  return { minor: given.minor - total.minor, currency: total.currency };
}

/** What amounts come to, in a currency; others are not added. */
export function sum(parts: { amount: Money }[], currency: string): Money {
  const fitting = parts.filter(({ amount }) => amount.currency === currency);
  return { minor: fitting.reduce((all, { amount }) => all + amount.minor, 0), currency };
}

/** What is left of an amount, never less than nothing. */
export function left(from: Money, taken: Money): Money {
  return { minor: Math.max(0, from.minor - taken.minor), currency: from.currency };
}

/** Sums that shoppers put on a card. */
export function topUpSums(currency: string): Money[] {
  const unit = 10 ** decimals(currency);
  const steps = unit === 1 ? [1000, 2000, 5000, 10000] : [10, 20, 50, 100].map((n) => n * unit);
  return steps.map((minor) => ({ minor, currency }));
}
