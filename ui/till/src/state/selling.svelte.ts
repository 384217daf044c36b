// The sale at hand. Whatever is done to it goes through one queue, so that fast scans never overtake each other.
import type { Calls } from '../api/calls';
import { ApiError } from '../api/client';
import type { CardTap, Finished, Job, Line, LinePut, Money, Payment, Sale, Tender } from '../api/types';
import { counting } from '../pure/job';
import { isMemberCode, strip, touchedLine, type TapOutcome } from '../pure/till';
import { t } from '../texts';

/** What the cashier should read about the last thing done. */
export interface Notice {
  tone: 'good' | 'bad' | 'wait';
  words: string;
}

/** The last coupon shown, with its verdict. */
export interface Shown {
  number: string;
  valid: boolean;
  words: string;
  name: string | null;
}

/** A payment under way: its key stays until its fate is known, so that it is booked once only. */
interface Sent {
  sale: string;
  key: string;
  tenders: Tender[];
}

/** Where the sale at hand survives a reload of the page. */
const SALE = 'tillside.sale';

export class Selling {
  sale = $state<Sale | null>(null);
  touched = $state<number | null>(null);
  notice = $state<Notice | null>(null);
  coupon = $state<Shown | null>(null);
  receipt = $state<Finished | null>(null);
  /** The last code that nothing here knows; it can be entered by hand. */
  unknown = $state<string | null>(null);
  /** What the customer handed over in cash, when there is change to give. */
  changeDue = $state<number | null>(null);
  /** A card tapped for the sale that comes next. */
  held = $state<CardTap | null>(null);
  /** The card that was tapped last: what it holds and may do is known from there. */
  lastTap = $state<CardTap | null>(null);
  /** What the card that finished the sale holds now. */
  cardAfter = $state<{ balance: Money; cardEnd: string } | null>(null);
  unreadableCard = $state<string | null>(null);
  /** Counts taps, so that the strip lights up again for the same card. */
  taps = $state(0);
  busy = $state(0);

  readonly strip = $derived(strip(this.sale, this.held, this.unreadableCard, this.lastTap));
  /** Payments by e-money that count, or may count: the sale cannot be changed while there are any. */
  readonly payments = $derived<Payment[]>(this.sale?.state === 'open' ? counting(this.sale.payments) : []);
  #queue: Promise<unknown> = Promise.resolve();
  #payment: Sent | null = null;

  constructor(readonly calls: Calls) {}

  // ---- The sale as a whole ----

  /** After signing in: goes on with the sale that was at hand, if it still is open. */
  resume(): Promise<unknown> {
    return this.#run(async () => {
      const id = this.sale?.sale ?? sessionStorage.getItem(SALE);
      if (!id) return;
      const sale = await this.calls.sale(id);
      if (sale.state === 'open') this.#put(sale);
      else this.#clear();
    });
  }

  /** The person went away: nothing of theirs stays on the screen; the sale is kept by the agent. */
  pause(): void {
    if (this.receipt) this.#clear();
    Object.assign(this, { held: null, coupon: null, notice: null, unreadableCard: null });
  }

  /** Puts the sale aside; it stays open. */
  park(): void {
    this.#clear();
  }

  /** Begins anew after a receipt; a card tapped meanwhile comes along. */
  next(): Promise<unknown> {
    const held = this.held;
    this.#clear();
    return held ? this.attach(held.card) : this.#queue;
  }

  pick(sale: Sale): void {
    this.#clear();
    this.#put(sale);
  }

  abandon(id: string): Promise<unknown> {
    return this.#run(async () => {
      await this.calls.abandon(id);
      if (this.sale?.sale === id) this.#clear();
    });
  }

  // ---- What is bought ----

  scan(code: string, quantity = 1): Promise<'line' | 'coupon' | 'card' | 'unknown' | null> {
    return this.#run(async () => {
      const before = this.sale;
      const { kind, message, sale } = await this.calls.scan(await this.#open(), code, quantity);
      this.#put(sale);
      this.unknown = kind === 'unknown' && !isMemberCode(code) ? code : null;
      if (kind === 'coupon') this.#showVerdict(code, message, before);
      else if (kind === 'line') this.notice = null;
      else this.notice = { tone: kind === 'unknown' ? 'bad' : 'good', words: message };
      if (kind === 'card') this.taps += 1;
      return kind;
    });
  }

  /** Adds an item that is in no list. Returns what is wrong with it, in words, or null. */
  async addByHand(line: LinePut): Promise<string | null> {
    const added = await this.#run(async () => {
      const sale = await this.#open();
      const lines = this.sale?.lines.map(asPut) ?? [];
      this.#put(await this.calls.putLines(sale, [...lines, line]));
      this.notice = null;
      this.unknown = null;
      return true;
    });
    return added ? null : (this.notice?.words ?? t.noAnswer);
  }

  setQuantity(index: number, quantity: number): Promise<unknown> {
    return this.#run(async () => {
      if (!this.sale) return;
      this.#put(await this.calls.setQuantity(this.sale.sale, index, Math.max(0, quantity)));
      this.notice = null;
    });
  }

  touch(index: number): void {
    this.touched = index;
  }

  // ---- Who buys ----

  tapped(card: CardTap, outcome: TapOutcome): void {
    if (outcome === 'ignore') return;
    this.unreadableCard = null;
    this.lastTap = card;
    this.taps += 1;
    if (outcome === 'note') return;
    if (outcome === 'hold') this.held = card;
    else void this.attach(card.card);
  }

  attach(card: string): Promise<unknown> {
    return this.#run(async () => {
      this.held = null;
      this.#put(await this.calls.setCustomer(await this.#open(), card));
      // What an earlier sale's card had to say stays to be read.
      if (this.notice?.tone !== 'wait') this.notice = null;
    });
  }

  removeCustomer(): Promise<unknown> {
    return this.#run(async () => {
      if (this.held) this.held = null;
      else if (this.sale) this.#put(await this.calls.removeCustomer(this.sale.sale));
    });
  }

  unreadable(words: string): void {
    this.unreadableCard = words;
    this.taps += 1;
  }

  cardGone(): void {
    this.unreadableCard = null;
  }

  // ---- Coupons ----

  showCoupon(number: string): Promise<unknown> {
    return this.#run(async () => {
      const { valid, words, sale } = await this.calls.showCoupon(await this.#open(), number);
      this.#put(sale);
      this.coupon = { number, valid, words, name: nameOf(sale, number) };
      this.notice = null;
    });
  }

  removeCoupon(number: string): Promise<unknown> {
    return this.#run(async () => {
      if (!this.sale) return;
      this.#put(await this.calls.removeCoupon(this.sale.sale, number));
      this.coupon = null;
    });
  }

  // ---- Paying ----

  /** Has so many points pay, or none. Returns what is wrong, in words, or null. */
  async payWithPoints(points: number): Promise<string | null> {
    const before = this.notice;
    const put = await this.#run(async () => {
      if (!this.sale) return true;
      try {
        this.#put(await this.calls.payWithPoints(this.sale.sale, points));
      } catch (error) {
        // HQ may have let the till spend less than was asked for: the screen is to say how many.
        this.#put(await this.calls.sale(this.sale.sale));
        throw error;
      }
      return true;
    });
    const said = put ? null : (this.notice?.words ?? t.noAnswer);
    this.notice = before;
    return said;
  }

  /** Pays. After a lost answer the same call goes on under the same key. Throws what the cashier must read. */
  async checkout(tenders: Tender[], changeDue: number | null): Promise<void> {
    const sale = this.sale;
    if (!sale) return;
    await this.#queue;
    const payment = this.#paymentOf(sale.sale, tenders);
    try {
      const finished = await this.calls.checkout(sale.sale, payment.tenders, payment.key);
      this.#payment = null;
      this.changeDue = changeDue;
      this.#finish(finished);
    } catch (error) {
      if (!(error instanceof ApiError) || error.retryable) throw error;
      // Refused for good: nothing was booked by this call, the next try is a new payment.
      this.#payment = null;
      if (error.code !== 'already_completed') throw error;
      await this.#finishedBefore(sale.sale);
    }
  }

  /** The sale was paid by an earlier try whose answer was lost. */
  async #finishedBefore(id: string): Promise<void> {
    const [sale, receipt] = await Promise.all([this.calls.sale(id), this.calls.receipt(id)]);
    this.show({ sale, receipt, seq: 0 });
  }

  /** Whether a payment was sent and its answer never came. */
  get undecided(): Tender[] | null {
    return this.#payment && this.#payment.sale === this.sale?.sale ? this.#payment.tenders : null;
  }

  /** After a void, or when a receipt is opened again. */
  show(finished: Finished): void {
    this.changeDue = null;
    this.#finish(finished);
  }

  // ---- Paying by e-money: the agent does it, the screen follows ----

  /** A job with a card ended, or an earlier payment came out: the sale at hand is asked for again. */
  cardDone(job: Job): Promise<unknown> {
    return this.#run(async () => {
      if (!job.sale || job.sale !== this.sale?.sale) return;
      if (job.completed && job.balance) {
        this.cardAfter = { balance: job.balance, cardEnd: job.card_end ?? '' };
      }
      if (this.receipt) return;
      const sale = await this.calls.sale(job.sale);
      if (sale.state === 'open') this.#put(sale);
      else await this.#finishedBefore(job.sale);
    });
  }

  /** What came out of an earlier sale's payment, while another (or none) is at hand. */
  tell(words: string): void {
    this.notice = { tone: 'wait', words };
  }

  /** Goes on with a sale that nobody else will: one whose payment is not known, after a restart. */
  bringUp(id: string): Promise<unknown> {
    return this.#run(async () => {
      if (this.sale || this.receipt) return;
      const sale = await this.calls.sale(id);
      if (sale.state === 'open') this.#put(sale);
    });
  }

  /** The sale at hand, asked for again. */
  reload(): Promise<unknown> {
    return this.#run(async () => {
      if (this.sale?.state === 'open') this.#put(await this.calls.sale(this.sale.sale));
    });
  }

  /** The agent told of a change to a sale. */
  heard(sale: Sale): void {
    if (this.receipt && this.receipt.sale.sale === sale.sale) this.receipt.sale = sale;
    const mine = this.sale?.sale === sale.sale && this.busy === 0 && !this.#payment;
    if (!mine || this.receipt) return;
    if (sale.state === 'open') this.#put(sale);
    // A card paid it: its receipt is wanted here.
    else if (sale.state === 'completed' && sale.tenders.some(({ kind }) => kind === 'purse'))
      void this.#run(() => this.#finishedBefore(sale.sale));
    else this.#clear();
  }

  #paymentOf(sale: string, tenders: Tender[]): Sent {
    const same =
      this.#payment?.sale === sale && JSON.stringify(this.#payment.tenders) === JSON.stringify(tenders);
    if (!this.#payment || !same) this.#payment = { sale, tenders, key: this.calls.client.newKey() };
    return this.#payment;
  }

  #finish(finished: Finished): void {
    this.sale = finished.sale;
    this.receipt = finished;
    this.held = null;
    this.notice = null;
    this.coupon = null;
    sessionStorage.removeItem(SALE);
  }

  #showVerdict(code: string, message: string, before: Sale | null): void {
    const kept = this.sale?.coupons.find((c) => !before?.coupons.some((b) => b.number === c.number));
    this.coupon = {
      number: kept?.number ?? code,
      valid: kept?.valid ?? false,
      words: kept?.words ?? verdictOf(message),
      name: kept?.name ?? null,
    };
    this.notice = null;
  }

  async #open(): Promise<string> {
    const { held } = this;
    if (this.receipt) this.#clear();
    let sale: Sale = this.sale?.state === 'open' ? this.sale : await this.calls.openSale();
    this.#put(sale);
    if (held) {
      this.held = null;
      sale = await this.calls.setCustomer(sale.sale, held.card);
      this.#put(sale);
    }
    return sale.sale;
  }

  #put(sale: Sale): void {
    this.touched = touchedLine(this.sale, sale, this.touched);
    this.sale = sale;
    sessionStorage.setItem(SALE, sale.sale);
  }

  #clear(): void {
    Object.assign(this, {
      sale: null,
      touched: null,
      notice: null,
      coupon: null,
      receipt: null,
      unknown: null,
    });
    Object.assign(this, { held: null, changeDue: null, unreadableCard: null, cardAfter: null });
    this.#payment = null;
    sessionStorage.removeItem(SALE);
  }

  /** Does one thing after the other; what goes wrong is read in the notice. */
  #run<T>(step: () => Promise<T>): Promise<T | null> {
    const turn = this.#queue.then(async () => {
      this.busy += 1;
      try {
        return await step();
      } catch (error) {
        this.notice = { tone: 'bad', words: error instanceof ApiError ? error.message : t.noAnswer };
        return null;
      } finally {
        this.busy -= 1;
      }
    });
    this.#queue = turn;
    return turn;
  }
}

/** A line as it stands, to be put again beside a new one. */
function asPut({ item, quantity, name, unit_price, category, tax_class }: Line): LinePut {
  return { item, quantity, name, unit_price, category, tax_class };
}

/** The agent's message on a scanned coupon is `Coupon NUMBER: verdict`; the number is shown beside it. */
function verdictOf(message: string): string {
  return message.slice(message.indexOf(': ') + 1).trim();
}

function nameOf(sale: Sale, number: string): string | null {
  const plain = number.replace(/[\s-]/g, '').toUpperCase();
  return sale.coupons.find((c) => c.number === plain)?.name ?? null;
}
