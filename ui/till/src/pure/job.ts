// What is being done with a card, as the screen follows it: events, answers and the sale put in order, and
// what the cashier sees of it. Decides nothing about money: the agent does.
import type { Job, Money, Payment, Sale } from '../api/types';
import { left } from './money';

/**
 * The newest state of the one job there may be. Events come in their order and always count; an answer to
 * a call counts only if no event came since the call was made, for then the event is newer.
 */
export class JobLog {
  job: Job | null = null;
  #heard = 0;

  /** Before a call is made. */
  ticket(): number {
    return this.#heard;
  }

  /** An event came. */
  heard(job: Job): void {
    this.#heard += 1;
    this.job = job;
  }

  /** A call was answered. */
  answered(ticket: number, job: Job | null): void {
    if (ticket === this.#heard) this.job = job;
  }
}

/** Whether the job waits for a card or works on one. */
export function isLive(job: Job | null): boolean {
  return job?.stage === 'waiting' || job?.stage === 'working';
}

/**
 * The card a job was done with is told of as a tap too, just afterwards: that tap is not the next shopper's.
 * Lasts until the card is taken away.
 */
export class Served {
  #end: string | null = null;

  /** A job ended. */
  ended(job: Job): void {
    this.#end = job.card_end;
  }

  /** The card was taken away. */
  gone(): void {
    this.#end = null;
  }

  /** Whether a tap is of the card that was served. */
  is(card: string): boolean {
    return this.#end !== null && this.#end !== '' && card.toUpperCase().endsWith(this.#end.toUpperCase());
  }
}

/** What the cashier sees of a payment by e-money. */
export type Panel =
  /** Nothing is under way. */
  | { kind: 'idle' }
  /** Waits for the card; may be cancelled. */
  | { kind: 'hold'; words: string; amount: Money | null; cardEnd: string | null }
  /** The card is being read or written; nothing may be done but wait. */
  | { kind: 'work'; words: string; amount: Money | null; balance: Money | null }
  /** The card holds too little: what could be taken, and what would be left to pay. */
  | { kind: 'short'; words: string; balance: Money | null; take: Money; rest: Money }
  /** The card was refused. */
  | { kind: 'refused'; words: string }
  /** Tried, and nothing was taken. */
  | { kind: 'nothing'; words: string }
  /** Paid in part: the rest is to be paid in another way. */
  | { kind: 'part'; words: string; due: Money }
  /** Paid whole. */
  | { kind: 'paid' }
  /** Cancelled, or nobody came. */
  | { kind: 'cancelled'; words: string }
  /** Nobody knows: another screen takes over. */
  | { kind: 'unknown' };

/** What is shown of the payment of `sale`, the job being the newest one. */
export function panel(job: Job | null, sale: Pick<Sale, 'sale' | 'due'>): Panel {
  // What came out later counts too: `settled`.
  const about = job?.kind === 'pay' || job?.kind === 'settled';
  if (!job || !about || job.sale !== sale.sale) return { kind: 'idle' };
  const { words, amount, balance } = job;
  switch (job.stage) {
    case 'waiting':
      return { kind: 'hold', words, amount, cardEnd: job.card_end };
    case 'working':
      return { kind: 'work', words, amount, balance };
    case 'refused':
      return job.could_take && job.could_take.minor > 0
        ? { kind: 'short', words, balance, take: job.could_take, rest: left(sale.due, job.could_take) }
        : { kind: 'refused', words };
    case 'not_done':
      return { kind: 'nothing', words };
    case 'done':
      return job.completed || sale.due.minor === 0
        ? { kind: 'paid' }
        : { kind: 'part', words, due: sale.due };
    case 'cancelled':
      return { kind: 'cancelled', words };
    case 'unknown':
      return { kind: 'unknown' };
  }
}

/** Whether what is shown may be closed: not while a card is being written to. */
export function mayClose(shown: Panel): boolean {
  return shown.kind !== 'work';
}

/** A payment whose outcome nobody knows, with what is known of it. */
export type Unknown = Pick<Payment, 'txid' | 'amount' | 'account' | 'words'> & { cardEnd: string };

/**
 * The payment of a sale that nobody knows about. The sale says so, and goes on saying so after a reload
 * or a restart; the job says it a moment before the sale does.
 */
export function unknownOf(sale: Pick<Sale, 'sale' | 'payments'> | null, job: Job | null): Unknown | null {
  if (!sale) return null;
  const payment = sale.payments.find(({ stage }) => stage === 'unknown');
  if (payment) return { ...payment, cardEnd: payment.card_end };
  const fresh = job?.kind === 'pay' && job.sale === sale.sale && job.stage === 'unknown' ? job : null;
  const known = sale.payments.find(({ txid }) => txid === fresh?.txid);
  if (!fresh?.txid || !fresh.amount || (known && known.stage !== 'open')) return null;
  return {
    txid: fresh.txid,
    amount: fresh.amount,
    account: known?.account ?? false,
    words: fresh.words,
    cardEnd: fresh.card_end ?? '',
  };
}

/** Payments of a sale that count, or may count: while there are any, the sale stays as it is. */
export function counting(payments: Payment[]): Payment[] {
  return payments.filter(({ stage }) => stage === 'done' || stage === 'unknown' || stage === 'open');
}
