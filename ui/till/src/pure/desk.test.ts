import { describe, expect, it } from 'vitest';
import type { MemberCard, Replacement } from '../api/types';
import { cardNote, consequences, mayRestore, replaceable, replacementWords, steps } from './desk';
import { dayAndTime, longDay } from './time';

const eur = (minor: number) => ({ minor, currency: 'EUR' });
/** 2026-11-23 14:05 in Berlin, a Monday. */
const NOW = Date.parse('2026-11-23T13:05:00Z');
const ZONE = 'Europe/Berlin';

const card = (change: Partial<MemberCard> = {}): MemberCard => ({
  card: 'uid:04F1A2B3C4D5E6',
  card_end: 'D5E6',
  printed: false,
  blocked: null,
  replaced_by: null,
  last_seen: eur(571),
  ...change,
});

const replacement = (change: Partial<Replacement> = {}): Replacement => ({
  lost: 'uid:04F1A2B3C4D5E6',
  lost_end: 'D5E6',
  card: 'uid:04112233445566',
  card_end: '5566',
  member: 'Clara Weiss',
  stage: 'waiting',
  at: NOW,
  not_before: NOW + 72 * 3_600_000,
  from_day: null,
  amount: null,
  txid: null,
  here: true,
  ...change,
});

const terms = { waitHours: 72, now: NOW, zone: ZONE, line: true, topUp: true };

describe('what replacing a card means', () => {
  it('says that the old card is blocked, and when its balance comes', () => {
    const said = consequences(card(), terms).join(' ');
    expect(said).toContain('ending in D5E6 is blocked');
    expect(said).toContain('72 hours');
    expect(said).toContain('Thursday 26 November, 14:05');
    expect(said).toContain('cannot be undone');
  });

  it('says that it takes longer without a line', () => {
    const said = consequences(card(), { ...terms, line: false }).join(' ');
    expect(said).toContain('no line');
    expect(said).toContain('Thursday 26 November, 14:05');
  });

  it('promises no balance of a printed number', () => {
    expect(consequences(card({ printed: true }), terms).join(' ')).not.toContain('72 hours');
  });

  it('offers money on the new card only where it can be put on', () => {
    expect(consequences(card(), terms).join(' ')).toContain('put on it at once');
    expect(consequences(card(), { ...terms, topUp: false }).join(' ')).not.toContain('put on it at once');
  });
});

describe('the cards of a member', () => {
  it('are replaced once', () => {
    expect(replaceable(card())).toBe(true);
    expect(replaceable(card({ blocked: 'It was reported lost.' }))).toBe(true);
    expect(replaceable(card({ replaced_by: '5566' }))).toBe(false);
  });

  it('say what is known of them', () => {
    expect(cardNote(card())).toBe('€5.71 on it when last seen here');
    expect(cardNote(card({ blocked: 'Lost.' }))).toBe('Blocked · €5.71 on it when last seen here');
    expect(cardNote(card({ last_seen: null }))).toBe('not seen here yet');
    expect(cardNote(card({ printed: true, last_seen: null }))).toBe('printed number');
    expect(cardNote(card({ replaced_by: '5566' }))).toBe('replaced by card ending in 5566');
  });
});

describe('a balance on its way', () => {
  const words = (change: Partial<Replacement>, now = NOW) => replacementWords(replacement(change), now, ZONE);

  it('waits until a moment, then for HQ', () => {
    expect(words({})).toContain('Not before Thursday 26 November, 14:05');
    expect(words({}, NOW + 73 * 3_600_000)).toContain('HQ has not said yet');
    expect(words({ not_before: null, from_day: '2026-11-26', amount: eur(700) })).toContain(
      'From Thursday 26 November on',
    );
    expect(mayRestore(replacement())).toBe(false);
  });

  it('is put on where it may be', () => {
    const due = { stage: 'due', not_before: null, amount: eur(700) } as const;
    expect(words(due)).toContain('€7.00');
    expect(mayRestore(replacement(due))).toBe(true);
    expect(words({ ...due, here: false })).toContain('another till');
    expect(mayRestore(replacement({ ...due, here: false }))).toBe(false);
  });

  it('is asked of the same card when nobody knows', () => {
    expect(words({ stage: 'unknown', txid: '01' })).toContain('Hold the new card on the reader again');
    expect(mayRestore(replacement({ stage: 'unknown' }))).toBe(true);
  });
});

it('steps are done, being done, or to come', () => {
  expect(steps({ step: 3, of: 5 })).toEqual(['done', 'done', 'now', 'next', 'next']);
});

it('days are said in full, by the clock of the store', () => {
  expect(dayAndTime(Date.parse('2026-11-26T23:30:00Z'), ZONE)).toBe('Friday 27 November, 00:30');
  expect(longDay('2026-11-26')).toBe('Thursday 26 November');
});
