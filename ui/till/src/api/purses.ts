// What the agent's local API says of e-money: payments of a sale, movements, jobs with a card, what is on
// a card. Each type names its schema, as in types.ts.
import type { Money } from './types';

/** How far a movement of a purse is. */
export type MovementStage = 'open' | 'unknown' | 'done' | 'not_done' | 'given_up' | 'owed' | 'given_back';

export type MovementKind = 'pay' | 'top_up' | 'void' | 'refund' | 'restore';

/** A payment by e-money for a sale. */
export interface Payment {
  // API: PaymentView
  txid: string;
  amount: Money;
  stage: MovementStage;
  /** The last four characters of the card. */
  card_end: string;
  /** From the account at HQ rather than the card. */
  account: boolean;
  words: string;
}

/** A movement of a purse, with everything this till knows of it. */
export interface Purse {
  // API: PurseView
  txid: string;
  kind: MovementKind;
  account: boolean;
  sale: string | null;
  number: string | null;
  card: string;
  card_end: string;
  member: string | null;
  amount: Money;
  given_back: Money;
  stage: MovementStage;
  at: number;
  cashier: string;
  words: string;
  unknown_why: string | null;
  given_up_by: string | null;
  given_up_reason: string | null;
  /** What giving it up would mean; only while it may be given up. */
  consequences: string | null;
  may_give_back: boolean;
  balance_after: Money | null;
  receipt: string | null;
  confirmed: boolean;
}

export type JobKind =
  | 'pay'
  | 'top_up'
  | 'void'
  | 'give_back'
  | 'restore'
  | 'read'
  | 'issue'
  /** No job: an earlier movement came out by itself, at a tap or through HQ. */
  | 'settled';

export type JobStage =
  | 'waiting'
  | 'working'
  | 'done'
  | 'not_done'
  /** Nobody knows what the card did. */
  | 'unknown'
  | 'refused'
  | 'cancelled';

/** What is being done with a card, and the event `purse`. */
export interface Job {
  // API: JobView
  job: string;
  kind: JobKind;
  stage: JobStage;
  words: string;
  txid: string | null;
  sale: string | null;
  amount: Money | null;
  /** What the card holds, as far as it was read. */
  balance: Money | null;
  card_end: string | null;
  /** Whether the sale is completed (or voided) now. */
  completed: boolean;
  /** The card holds too little: this much could be taken from it. */
  could_take: Money | null;
  receipt: string | null;
  card: CardReport | null;
}

/** What is on a card. */
export interface CardReport {
  // API: CardReport
  card: string;
  card_end: string;
  kind: string;
  authenticated: boolean;
  member: string | null;
  expires: string | null;
  /** Why it may not be used. */
  blocked: string | null;
  /** This till froze it, and a manager may free it. */
  frozen_here: boolean;
  balance: Money | null;
  transactions: CardTransaction[];
  open: Payment[];
  words: string;
}

export interface CardTransaction {
  // API: CardTransactionView
  txid: string;
  kind: MovementKind | null;
  amount: Money;
  after: Money;
  at: number;
  here: boolean;
}

/** How e-money stands at this till. */
export interface Emoney {
  // API: EmoneyView
  on: boolean;
  keys: 'none' | 'development' | 'token';
  words: string;
  top_up: boolean;
  issue: boolean;
  cap: Money | null;
  /** Movements that somebody has to look after. */
  open: number;
}

/** Where the money is. */
export type Source = 'card' | 'account';

/** How much of a sale is to be taken by e-money: what is left out is everything, from the card. */
export interface PursePayment {
  amount?: Money;
  /** Less may be taken, if the card holds less. */
  partly?: boolean;
  from?: Source;
}

/** How a top-up is paid. */
export interface TopUp {
  amount: Money;
  tender: 'cash' | 'card';
}
