// The desk that issues cards: what follows from replacing a lost one, and when its balance comes. In words;
// what may be done is decided by the agent and HQ.
import type { JobProgress, MemberCard, Money, Replacement } from '../api/types';
import { t } from '../texts';
import { money } from './money';
import { dayAndTime, longDay } from './time';

const HOUR_MS = 3_600_000;

/** What a till knows when a card is replaced. */
export interface DeskTerms {
  /** How long the balance waits, in hours. */
  waitHours: number;
  now: number;
  zone: string;
  /** The line to HQ is up. */
  line: boolean;
  /** Money can be put on cards here. */
  topUp: boolean;
}

/** What replacing a lost card means, one sentence each; said before anything is done. */
export function consequences(lost: MemberCard, terms: DeskTerms): string[] {
  const said = [t.lostBlocked(lost.card_end)];
  if (!lost.printed) {
    const at = dayAndTime(terms.now + terms.waitHours * HOUR_MS, terms.zone);
    said.push(terms.line ? t.lostCarried(terms.waitHours, at) : t.lostCarriedNoLine(terms.waitHours, at));
  }
  said.push(terms.topUp ? t.lostNewAtOnce : t.lostNew, t.lostForGood);
  return said;
}

/** Whether a card of a member's can be reported lost and replaced. */
export function replaceable(card: MemberCard): boolean {
  return card.replaced_by === null;
}

/** What is known of a card in a member's list, beside its end. */
export function cardNote(card: MemberCard): string {
  if (card.replaced_by) return t.replacedBy(card.replaced_by);
  if (card.printed) return t.printedNumber;
  const held = card.last_seen ? t.heldHere(money(card.last_seen)) : t.neverSeenHere;
  return card.blocked ? `${t.blockedShort} · ${held}` : held;
}

/** Whether the balance can be put on the new card at this till now. */
export function mayRestore(one: Replacement): boolean {
  return one.here && one.stage !== 'waiting';
}

/** How a replacement stands: what to do, or when. */
export function replacementWords(one: Replacement, now: number, zone: string): string {
  if (one.stage === 'unknown') return t.carryUnknown;
  if (one.stage === 'due') return one.here ? t.carryDue(sum(one.amount)) : t.carryElsewhere;
  if (one.from_day) return t.carryFrom(longDay(one.from_day));
  if (one.not_before !== null && one.not_before > now)
    return t.carryNotBefore(dayAndTime(one.not_before, zone));
  return t.carryAsked;
}

const sum = (amount: Money | null) => (amount ? money(amount) : '–');

/** The steps of a card that is being issued, each done, being done or to come. */
export function steps(progress: JobProgress): ('done' | 'now' | 'next')[] {
  return Array.from({ length: progress.of }, (_, at) =>
    at + 1 < progress.step ? 'done' : at + 1 === progress.step ? 'now' : 'next',
  );
}
