// Decisions of the screen that need no screen: what a tap does, and which line was touched last.
import type { CardTap, Line, Money, Sale } from '../api/types';

/** Where the screen stands when a card is tapped. */
export interface Standing {
  signedIn: boolean;
  /** The cashier's screen is shown (not the manager's). */
  selling: boolean;
  /** The sale that is being rung up. */
  sale: Pick<Sale, 'state'> | null;
  /** A receipt is shown. */
  receipt: boolean;
  /** The card was asked for, or the sale stays as it is because a card has paid: no tap changes it. */
  cardAtWork: boolean;
}

/**
 * ignore it · attach the customer to the sale · open a sale for them · hold the card for the next sale ·
 * note what it says, and no more
 */
export type TapOutcome = 'ignore' | 'attach' | 'open' | 'hold' | 'note';

export function tapOutcome(standing: Standing): TapOutcome {
  if (!standing.signedIn) return 'ignore';
  if (standing.cardAtWork) return 'note';
  if (standing.receipt) return 'hold';
  if (standing.sale?.state === 'open') return 'attach';
  return standing.selling ? 'open' : 'hold';
}

/** What a card is good for, as the strip says it: what it holds, or that it cannot pay. */
export interface Worth {
  balance: Money | null;
  /** It can pay here. */
  pays: boolean;
  /** Something with it waits for a person: owed, or not known. */
  open: boolean;
  /** The agent's own words on it. */
  may: string;
}

/** What the strip at the side shows of a customer. */
export type Strip =
  | { kind: 'nobody' }
  | {
      kind: 'member';
      name: string;
      tier: string;
      points: number;
      pending: number;
      earns: number | null;
      next: boolean;
      worth: Worth | null;
    }
  | { kind: 'unknown'; next: boolean; worth: Worth | null }
  | { kind: 'unreadable'; words: string };

export function strip(
  sale: Sale | null,
  held: CardTap | null,
  unreadable: string | null,
  lastTap: CardTap | null,
): Strip {
  if (unreadable) return { kind: 'unreadable', words: unreadable };
  if (held) return stripOf(held.member, null, true, worth(held));
  if (!sale?.customer) return { kind: 'nobody' };
  const tapped = lastTap !== null && lastTap.card === sale.customer.card;
  // The card itself may prove whose it is before this store's list knows it.
  const member = sale.customer.member ?? (tapped ? lastTap.member : null);
  return stripOf(member, sale.points, false, tapped ? worth(lastTap) : null);
}

function stripOf(member: CardTap['member'], earns: number | null, next: boolean, worth: Worth | null): Strip {
  if (!member) return { kind: 'unknown', next, worth };
  const { display_name: name, tier, points, pending } = member;
  return { kind: 'member', name, tier, points, pending, earns, next, worth };
}

function worth({ balance, pays, may, open }: CardTap): Worth {
  return { balance, pays, may, open: open.length > 0 };
}

/** The line that a change touched: the one that is new or has another quantity; else as before, if it is still there. */
export function touchedLine(before: Sale | null, after: Sale | null, touched: number | null): number | null {
  if (!after || after.lines.length === 0) return null;
  const old = before?.sale === after.sale ? before.lines : [];
  const changed = after.lines.findLast((line) => !same(line, old[line.index]));
  const removed = after.lines.length < old.length;
  if (changed && !removed) return changed.index;
  return Math.min(touched ?? after.lines.length - 1, after.lines.length - 1);
}

function same(a: Line, b: Line | undefined): boolean {
  return (
    b !== undefined &&
    a.item === b.item &&
    a.quantity === b.quantity &&
    a.unit_price.minor === b.unit_price.minor
  );
}

/** The item that a number entered by hand names: a barcode's, or the shop's own. None at all is a number too. */
export function itemOf(code: string): string {
  const plain = code.trim().replace(/^\][A-Za-z]\d/, '');
  if (/^(\d{8}|\d{12,14})$/.test(plain)) return `gtin:${plain}`;
  return `sku:${plain === '' ? 'HAND' : plain.toUpperCase()}`;
}

/** A text without blanks that has a digit is taken for a code; anything else is searched by name. */
export function isCode(text: string): boolean {
  return /^\S{4,}$/.test(text) && /[0-9]/.test(text);
}

/** The code that a member's phone shows; never the number of an item. */
export function isMemberCode(code: string): boolean {
  return /^(\][A-Za-z]\d)?TSM\d/.test(code.trim());
}
