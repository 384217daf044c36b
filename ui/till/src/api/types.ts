// What the agent's local API sends and takes (see its /openapi.json).

/** An amount in minor units of an ISO 4217 currency. */
export interface Money {
  minor: number;
  currency: string;
}

export interface Store {
  store: string;
  name: string;
  time_zone: string;
  currency: string;
}

export interface LineState {
  up: boolean;
  /** Since when it is as it is, ms since 1970 UTC. */
  since: number;
  last_contact: number | null;
  words: string;
}

export interface Reader {
  name: string;
  ready: boolean;
}

export interface CardService {
  up: boolean;
  words: string;
}

export interface Problem {
  code: string;
  message: string;
  since: number | null;
}

export interface Status {
  version: string;
  terminal: string | null;
  lane: string | null;
  store: Store | null;
  enrolled: boolean;
  line: LineState;
  unconfirmed: number;
  bundle: number;
  clock: 'trusted' | 'suspect';
  readers: Reader[];
  card_service: CardService;
  problems: Problem[];
  now: number;
  date: string;
}

export type Role = 'cashier' | 'manager';

export interface Person {
  person: string;
  name: string;
  role: Role;
}

export interface Session extends Person {
  session: string;
  until: number;
}

export interface Product {
  item: string;
  name: string;
  price: Money;
  category: string | null;
  tax_class: string;
}

export interface Member {
  member: string;
  display_name: string;
  tier: string;
  points: number;
}

export interface Line {
  index: number;
  item: string;
  name: string;
  quantity: number;
  unit_price: Money;
  category: string | null;
  tax_class: string;
  subtotal: Money;
  discount: Money;
  total: Money;
}

/** A line as it is put: what is left out comes from the product list. */
export interface LinePut {
  item: string;
  quantity: number;
  name?: string;
  unit_price?: Money;
  category?: string | null;
  tax_class?: string;
}

export interface SaleCoupon {
  number: string;
  plan: string | null;
  name: string | null;
  valid: boolean;
  words: string;
}

export interface Award {
  rule: string;
  version: number;
  points: number;
  why: string;
}

export interface Discount {
  plan: string;
  coupon: string;
  amount: Money;
  why: string;
}

export interface Tender {
  kind: 'cash' | 'card';
  amount?: Money;
}

export interface Customer {
  card: string | null;
  member: Member | null;
}

export interface Sale {
  sale: string;
  state: 'open' | 'completed' | 'voided';
  number: string;
  lane: string;
  cashier: string;
  opened: number;
  completed: number | null;
  currency: string;
  lines: Line[];
  customer: Customer | null;
  coupons: SaleCoupon[];
  discounts: Discount[];
  awards: Award[];
  points: number;
  subtotal: Money;
  discount_total: Money;
  total: Money;
  tenders: Tender[];
  rules: number;
  clock: 'trusted' | 'suspect';
  confirmed: boolean;
}

export interface Scanned {
  kind: 'line' | 'coupon' | 'card' | 'unknown';
  message: string;
  sale: Sale;
}

export interface CouponShown {
  valid: boolean;
  words: string;
  sale: Sale;
}

export interface Finished {
  sale: Sale;
  receipt: string;
  seq: number;
}

export interface CardTap {
  reader: string;
  card: string;
  kind: string;
  member: Member | null;
  message: string;
}

/** What comes over the agent's event stream. */
export type AgentEvent =
  | { event: 'card'; data: CardTap }
  | { event: 'card_removed'; data: { reader: string } }
  | { event: 'card_unreadable'; data: { reader: string; message: string } }
  | { event: 'readers'; data: { readers: Reader[]; card_service: CardService } }
  | { event: 'line'; data: { line: LineState; unconfirmed: number } }
  | { event: 'sale'; data: { sale: Sale } }
  | { event: 'bundle'; data: { version: number } };

export interface DayTotals {
  date: string;
  sales: number;
  voided: number;
  gross: Money;
  discounts: Money;
  net: Money;
  points: number;
  redeemed: number;
  refused: number;
  unconfirmed: number;
}

export interface SaleRow {
  sale: string;
  number: string;
  seq: number;
  at: number;
  cashier: string;
  customer: string | null;
  total: Money;
  discount: Money;
  points: number;
  coupons: number;
  voided: boolean;
  confirmed: boolean;
}

export interface RedemptionRow {
  number: string;
  plan: string | null;
  verdict: string;
  words: string;
  proof: string | null;
  sale: string;
  sale_number: string;
  at: number;
  clock: 'trusted' | 'suspect';
  cashier: string;
  amount: Money | null;
  voided: boolean;
  confirmed: boolean;
}

export interface VoidRow {
  sale: string;
  number: string;
  seq: number;
  at: number;
  cashier: string;
  approved_by: string;
  reason: string;
  amount: Money | null;
  points: number;
  confirmed: boolean;
}

export interface UnconfirmedRow {
  seq: number;
  at: number;
  what: string;
  sale: string | null;
}

/** The reports and what their rows are. */
export interface Reports {
  sales: SaleRow;
  redemptions: RedemptionRow;
  voids: VoidRow;
  unconfirmed: UnconfirmedRow;
}
export type Report = keyof Reports;
