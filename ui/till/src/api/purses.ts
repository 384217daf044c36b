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
  /** How far a card is that is being issued. */
  progress: JobProgress | null;
}

/** Steps of a card stay done when it is taken away. */
export interface JobProgress {
  // API: JobProgress
  step: number;
  of: number;
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
  /** How long after a loss the balance is carried over, in hours. */
  replacement_wait_hours: number | null;
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

/** A member, as the desk that issues cards finds one. */
export interface FoundMember {
  // API: MemberFoundView
  member: string;
  display_name: string;
  tier: string;
  points: number;
  cards: MemberCard[];
}

export interface MemberCard {
  // API: MemberCardView
  card: string;
  card_end: string;
  /** A printed number: nothing can be on it. */
  printed: boolean;
  blocked: string | null;
  /** The card that stands in for it already. */
  replaced_by: string | null;
  /** What it held when this till saw it last. */
  last_seen: Money | null;
}

/** A lost card's balance on its way to the card that stands in for it. */
export interface Replacement {
  // API: ReplacementView
  lost: string;
  lost_end: string;
  card: string;
  card_end: string;
  member: string | null;
  stage: 'waiting' | 'due' | 'unknown';
  /** When the new card was issued here. */
  at: number | null;
  /** Not before this moment; null once HQ has released it. */
  not_before: number | null;
  /** The first day on which it may be put on, as YYYY-MM-DD. */
  from_day: string | null;
  amount: Money | null;
  txid: string | null;
  /** This till may put it on. */
  here: boolean;
}

/** How a top-up is paid. */
export interface TopUp {
  amount: Money;
  tender: 'cash' | 'card';
}
