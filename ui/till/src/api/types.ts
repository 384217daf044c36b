// What the agent's local API sends and takes. Each type names its schema in the agent's /openapi.json, and
// a test (tests/window/contract.rs) holds the two together.
import type { Emoney, Job, Payment, Purse, Replacement } from './purses';

export type * from './purses';

/** An amount in minor units of an ISO 4217 currency. */
export interface Money {
  // API: Money
  minor: number;
  currency: string;
}

export interface Store {
  // API: Store
  store: string;
  name: string;
  time_zone: string;
  currency: string;
}

export interface LineState {
  // API: LineStateView
  up: boolean;
  /** Since when it is as it is, ms since 1970 UTC. */
  since: number;
  last_contact: number | null;
  words: string;
}

export interface Reader {
  // API: ReaderView
  name: string;
  ready: boolean;
}

export interface CardService {
  // API: ServiceView
  up: boolean;
  words: string;
}

export interface Problem {
  // API: ProblemView
  code: string;
  message: string;
  since: number | null;
}

export interface Status {
  // API: StatusView
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
  emoney: Emoney;
}

export type Role = 'cashier' | 'manager';

export interface Person {
  // API: PersonView
  person: string;
  name: string;
  role: Role;
}

export interface Session extends Person {
  // API: Session
  session: string;
  until: number;
}

export interface Product {
  // API: ProductView
  item: string;
  name: string;
  unit_price: Money;
  category: string | null;
  tax_class: string;
}

export interface Member {
  // API: MemberView
  member: string;
  display_name: string;
  tier: string;
  points: number;
  pending: number;
}

export interface Line {
  // API: LineView
  index: number;
  item: string;
  name: string;
  quantity: number;
  /** How many of them came back since. */
  returned: number;
  unit_price: Money;
  category: string | null;
  tax_class: string;
  subtotal: Money;
  discount: Money;
  total: Money;
}

/** A line as it is put: what is left out comes from the product list. */
export interface LinePut {
  // API: LineRequest
  item: string;
  quantity: number;
  name?: string;
  unit_price?: Money;
  category?: string | null;
  tax_class?: string;
}

export interface SaleCoupon {
  // API: CouponView
  number: string;
  plan: string | null;
  name: string | null;
  valid: boolean;
  words: string;
}

export interface Award {
  // API: AwardView
  rule: string;
  version: number;
  points: number;
  why: string;
}

export interface Discount {
  // API: DiscountView
  /** The plan and the coupon, if a coupon gave it. */
  plan: string | null;
  coupon: string | null;
  /** The rule, if a rule gave it. */
  rule: string | null;
  amount: Money;
  why: string;
}

/** A way of paying that the cashier takes; payments by e-money are the agent's to add. */
export interface Tender {
  // API: TenderRequest
  kind: 'cash' | 'card';
  amount?: Money;
}

/** How a sale was paid. */
export interface Paid {
  // API: Tender
  kind: 'cash' | 'card' | 'purse' | 'points';
  amount: Money;
}

/** Goods of a line that come back. */
export interface Goods {
  // API: GoodsRequest
  line: number;
  quantity: number;
}

export interface ReturnedLine {
  // API: ReturnLineView
  line: number;
  name: string;
  quantity: number;
  paid: Money;
}

/** What goods that come back would come to. */
export interface ReturnPrice {
  // API: ReturnPrice
  lines: ReturnedLine[];
  total: Money;
  points: number;
  /** Points that had paid and come back, and what of `total` they are. */
  points_back: number;
  worth_back: Money | null;
}

/** Goods of a sale that came back together. */
export interface Returned {
  // API: ReturnView
  id: string;
  at: number;
  lines: ReturnedLine[];
  total: Money;
  points: number;
  reason: string;
  cashier: string;
  approved_by: string;
}

export interface Customer {
  // API: CustomerView
  card: string | null;
  member: Member | null;
}

export interface Sale {
  // API: SaleView
  sale: string;
  state: 'open' | 'completed' | 'voided';
  number: string;
  lane: string;
  cashier: string;
  opened: number;
  completed: number | null;
  currency: string;
  lines: Line[];
  returns: Returned[];
  customer: Customer | null;
  coupons: SaleCoupon[];
  discounts: Discount[];
  awards: Award[];
  points: number;
  subtotal: Money;
  discount_total: Money;
  total: Money;
  tenders: Paid[];
  /** Payments by e-money, also those that came to nothing. */
  payments: Payment[];
  /** How points may pay, and do; null where they cannot. */
  paying: PayingPoints | null;
  /** What is left to pay. */
  due: Money;
  /** A payment by e-money has begun: lines, customer and coupons stay as they are. */
  fixed: boolean;
  rules: number;
  clock: 'trusted' | 'suspect';
  confirmed: boolean;
}

/** How points may pay for an open sale. */
export interface PayingPoints {
  // API: PointsView
  /** How many do. */
  points: number;
  worth: Money;
  /** Why they cannot as the sale stands now. */
  words: string | null;
  step: number;
  step_worth: Money;
  least: number;
  most: number;
  /** How many without asking HQ. */
  here: number;
}

export interface Scanned {
  // API: ScanAnswer
  kind: 'line' | 'coupon' | 'card' | 'unknown';
  message: string;
  sale: Sale;
}

export interface CouponShown {
  // API: CouponAnswerView
  valid: boolean;
  words: string;
  sale: Sale;
}

export interface Finished {
  // API: RecordedAnswer
  sale: Sale;
  receipt: string;
  seq: number;
}

export interface CardTap {
  // API: CardShown
  reader: string;
  card: string;
  kind: string;
  member: Member | null;
  /** Whether it proved who it is; if not it may earn, and never pay. */
  authenticated: boolean;
  /** Whether it can pay here with what it holds. */
  pays: boolean;
  /** What the card may do here, in words. */
  may: string;
  balance: Money | null;
  /** Movements with it that this till has to look after. */
  open: Payment[];
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
  | { event: 'purse'; data: Job }
  | { event: 'bundle'; data: { version: number } };

export interface DayTotals {
  // API: DayReport
  date: string;
  sales: number;
  voided: number;
  gross: Money;
  discounts: Money;
  net: Money;
  /** How often goods came back that day, and what was paid back. */
  returns: number;
  returned: Money;
  returned_cash: Money;
  points: number;
  redeemed: number;
  refused: number;
  /** Where the chain has it. */
  emoney: DayEmoney | null;
  unconfirmed: number;
}

/** A day's movements of e-money; what is not settled is of any day. */
export interface DayEmoney {
  // API: DayEmoney
  payments: number;
  taken: Money;
  top_ups: number;
  topped_up: Money;
  given_back: Money;
  restored: Money;
  open: number;
  open_amount: Money;
  owed: Money;
}

export interface SaleRow {
  // API: SaleReportRow
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
  // API: RedemptionReportRow
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

export interface ReturnRow {
  // API: ReturnReportRow
  sale: string;
  number: string;
  seq: number;
  goods: Returned;
  confirmed: boolean;
}

export interface VoidRow {
  // API: VoidReportRow
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
  // API: UnconfirmedRow
  seq: number;
  at: number;
  what: string;
  sale: string | null;
}

/** The reports and what their rows are. */
export interface Reports {
  /** Not of a day: what has to be looked after, however old it is. */
  purses: Purse;
  /** Nor these: lost cards whose balance is on its way. */
  replacements: Replacement;
  sales: SaleRow;
  redemptions: RedemptionRow;
  voids: VoidRow;
  returns: ReturnRow;
  unconfirmed: UnconfirmedRow;
}
export type Report = keyof Reports;
