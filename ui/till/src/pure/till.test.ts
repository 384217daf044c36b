import { describe, expect, it } from 'vitest';
import type { CardTap, Line, Sale, Status } from '../api/types';
import { clockSaying, emoneySaying, furtherProblems, lineSaying, readerSaying } from './line';
import { isCode, isMemberCode, itemOf, strip, tapOutcome, touchedLine } from './till';
import { addDays, clockTime, dayOf, localMinute } from './time';

const eur = (minor: number) => ({ minor, currency: 'EUR' });

function line(index: number, item: string, quantity = 1): Line {
  const money = { unit_price: eur(100), subtotal: eur(100), discount: eur(0), total: eur(100) };
  return { index, item, name: item, quantity, returned: 0, category: null, tax_class: 'A', ...money };
}

function sale(lines: Line[], more: Partial<Sale> = {}): Sale {
  return { sale: 's', state: 'open', lines, customer: null, points: 0, ...more } as Sale;
}

const anna = { member: 'm', display_name: 'Anna B.', tier: 'gold', points: 120, pending: 7 };
const tap = (member: CardTap['member'], more: Partial<CardTap> = {}): CardTap => ({
  reader: 'R',
  card: 'uid:04',
  kind: 'x',
  member,
  authenticated: false,
  pays: false,
  may: 'Earns points only.',
  balance: null,
  open: [],
  message: '',
  ...more,
});

describe('a tap', () => {
  const standing = { signedIn: true, selling: true, sale: null, receipt: false, cardAtWork: false };
  it('attaches the customer to the open sale', () => {
    expect(tapOutcome({ ...standing, sale: { state: 'open' } })).toBe('attach');
  });
  it('opens a sale when there is none', () => {
    expect(tapOutcome(standing)).toBe('open');
    expect(tapOutcome({ ...standing, sale: { state: 'completed' } })).toBe('open');
  });
  it('belongs to the next sale while a receipt or the manager’s screen is shown', () => {
    expect(tapOutcome({ ...standing, receipt: true, sale: { state: 'completed' } })).toBe('hold');
    expect(tapOutcome({ ...standing, selling: false })).toBe('hold');
  });
  it('changes nothing while the card was asked for, or has paid', () => {
    expect(tapOutcome({ ...standing, cardAtWork: true, sale: { state: 'open' } })).toBe('note');
    expect(tapOutcome({ ...standing, cardAtWork: true, receipt: true })).toBe('note');
  });
  it('does nothing while nobody is signed in', () => {
    expect(tapOutcome({ ...standing, signedIn: false, sale: { state: 'open' } })).toBe('ignore');
  });
});

describe('the strip', () => {
  it('shows the member, and what the sale earns', () => {
    const shown = strip(
      sale([], { customer: { card: 'uid:04', member: anna }, points: 12 }),
      null,
      null,
      null,
    );
    expect(shown).toEqual({
      kind: 'member',
      name: 'Anna B.',
      tier: 'gold',
      points: 120,
      pending: 7,
      earns: 12,
      next: false,
      worth: null,
    });
  });
  it('says that a card is unknown, or could not be read', () => {
    expect(strip(sale([], { customer: { card: 'uid:04', member: null } }), null, null, null).kind).toBe(
      'unknown',
    );
    expect(strip(null, null, 'Hold it still.', null)).toEqual({
      kind: 'unreadable',
      words: 'Hold it still.',
    });
    expect(strip(null, null, null, null).kind).toBe('nobody');
  });
  it('shows who is next above who has paid', () => {
    const paid = sale([], { state: 'completed', customer: { card: 'uid:05', member: null } });
    expect(strip(paid, tap(anna), null, null)).toMatchObject({ kind: 'member', next: true, earns: null });
  });
});

describe('what a card is worth', () => {
  const bought = sale([], { customer: { card: 'uid:04', member: anna } });
  const pays = tap(anna, { authenticated: true, pays: true, balance: eur(1240) });
  it('is known while the card in the sale is the one that was tapped last', () => {
    expect(strip(bought, null, null, pays)).toMatchObject({
      worth: { balance: eur(1240), pays: true },
    });
    expect(strip(bought, null, null, tap(anna))).toMatchObject({ worth: { balance: null, pays: false } });
    expect(strip(null, pays, null, null)).toMatchObject({ worth: { balance: eur(1240) }, next: true });
  });
  it('comes with a name that the card proved, even if the sale does not know it yet', () => {
    const fresh = sale([], { customer: { card: 'uid:04', member: null } });
    expect(strip(fresh, null, null, pays)).toMatchObject({ kind: 'member', name: 'Anna B.' });
    expect(strip(fresh, null, null, { ...pays, card: 'uid:05' }).kind).toBe('unknown');
  });
  it('is not that of another card', () => {
    expect(strip(bought, null, null, { ...pays, card: 'uid:05' })).toMatchObject({ worth: null });
  });
});

describe('the last touched line', () => {
  const two = sale([line(0, 'a'), line(1, 'b')]);
  it('is the new one, or the one with another quantity', () => {
    expect(touchedLine(null, sale([line(0, 'a')]), null)).toBe(0);
    expect(touchedLine(two, sale([line(0, 'a'), line(1, 'b'), line(2, 'c')]), 0)).toBe(2);
    expect(touchedLine(two, sale([line(0, 'a', 2), line(1, 'b')]), 1)).toBe(0);
  });
  it('stays where it is when a coupon or a card changes nothing in the lines', () => {
    expect(touchedLine(two, sale([line(0, 'a'), line(1, 'b')], { points: 3 }), 0)).toBe(0);
  });
  it('is never past the end', () => {
    expect(touchedLine(two, sale([line(0, 'b')]), 1)).toBe(0);
    expect(touchedLine(two, sale([]), 1)).toBeNull();
    expect(touchedLine(two, null, 1)).toBeNull();
  });
});

describe('the bar at the foot', () => {
  const status = {
    store: { store: 'S1', name: 'Shop', time_zone: 'Europe/Berlin', currency: 'EUR' },
    line: { up: true, since: Date.UTC(2026, 10, 22, 13, 2), last_contact: null, words: '' },
    enrolled: true,
    unconfirmed: 0,
    clock: 'trusted',
    readers: [{ name: 'ACR122U', ready: true }],
    card_service: { up: true, words: '' },
    now: Date.UTC(2026, 10, 22, 14, 0),
    emoney: { on: true, keys: 'token', words: '', top_up: false, issue: false, cap: eur(15000), open: 0 },
  } as unknown as Status;

  it('says how the line is', () => {
    expect(lineSaying(status)).toEqual({ tone: 'good', words: 'HQ: connected' });
    expect(lineSaying({ ...status, unconfirmed: 1 }).words).toBe('HQ: connected · sending 1 fact');
    const down = { ...status, unconfirmed: 12, line: { ...status.line, up: false } };
    expect(lineSaying(down)).toEqual({
      tone: 'wait',
      words: 'No line since 14:02 · 12 facts waiting · sales go on',
    });
  });
  it('counts what it does not say itself', () => {
    const problem = (code: string) => ({ code, message: '', since: null });
    const problems = [problem('line_down'), problem('disk_full')];
    expect(furtherProblems({ ...status, problems })).toEqual([problem('disk_full')]);
  });
  it('does not speak of a line that never was', () => {
    expect(lineSaying({ ...status, enrolled: false })).toEqual({
      tone: 'wait',
      words: 'Not set up with HQ yet',
    });
  });
  it('says how readers and clock are', () => {
    expect(readerSaying(status).tone).toBe('good');
    expect(readerSaying({ ...status, readers: [] })).toEqual({ tone: 'bad', words: 'No card reader' });
    expect(readerSaying({ ...status, card_service: { up: false, words: '' } }).tone).toBe('bad');
    expect(clockSaying(status)).toBeNull();
    expect(clockSaying({ ...status, clock: 'suspect' })?.tone).toBe('bad');
  });
  it('says that keys are for trials, and that payments wait for a person', () => {
    const { emoney } = status;
    expect(emoneySaying(status)).toEqual([]);
    const trial = { ...status, emoney: { ...emoney, keys: 'development' as const, open: 2 } };
    expect(emoneySaying(trial)).toEqual([
      { tone: 'wait', words: '2 payments to look after' },
      { tone: 'wait', words: 'Development keys' },
    ]);
    expect(emoneySaying({ ...trial, emoney: { ...trial.emoney, on: false, open: 0 } })).toEqual([]);
  });
  it('names the day of what began on another', () => {
    expect(clockTime(Date.UTC(2026, 10, 20, 8, 5), 'Europe/Berlin', status.now)).toBe('Nov 20, 09:05');
  });
});

it('names what is entered by hand', () => {
  expect(itemOf(' 4006381333931 ')).toBe('gtin:4006381333931');
  expect(itemOf(']E04006381333931')).toBe('gtin:4006381333931');
  expect(itemOf('bread-1')).toBe('sku:BREAD-1');
  expect(itemOf('12345')).toBe('sku:12345');
  expect(itemOf('')).toBe('sku:HAND');
});

it('knows the day and the minute of a moment where the store is', () => {
  const midnight = Date.UTC(2026, 10, 22, 23, 5);
  expect(dayOf(midnight, 'Europe/Berlin')).toBe('2026-11-23');
  expect(localMinute(midnight, 'Europe/Berlin')).toBe('2026-11-23 00:05');
});

it('counts days over months and leap years', () => {
  expect(addDays('2026-11-30', 1)).toBe('2026-12-01');
  expect(addDays('2028-03-01', -1)).toBe('2028-02-29');
});

it('tells codes from words', () => {
  for (const code of ['4006381333931', ']E04006381333931', 'COFFEE10A', 'BREAD-1', '12345']) {
    expect(isCode(code), code).toBe(true);
  }
  for (const words of ['milk', 'oat milk', 'cola 2', '12']) expect(isCode(words), words).toBe(false);
});

it('knows the code of a member’s phone, which is no item', () => {
  expect(isMemberCode('TSM1ABCDEF')).toBe(true);
  expect(isMemberCode(']Q3TSM1ABCDEF')).toBe(true);
  for (const other of ['4006381333931', 'TSMOOTH', 'COFFEE10A']) expect(isMemberCode(other)).toBe(false);
});
