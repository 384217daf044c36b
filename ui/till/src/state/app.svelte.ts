// The whole screen's state: where the agent is, who is signed in, what is shown.
// The sale itself is in `selling.svelte.ts`.
import { tick } from 'svelte';
import { Calls } from '../api/calls';
import { ApiError, Client, randomKey } from '../api/client';
import { listen } from '../api/events';
import type { AgentEvent, CardTap, Emoney, Money, Session, Status } from '../api/types';
import { Served } from '../pure/job';
import { tapOutcome } from '../pure/till';
import { clockTime, dayAndTime } from '../pure/time';
import { t } from '../texts';
import { Purses } from './purses.svelte';
import { Selling } from './selling.svelte';

export type View = 'cashier' | 'manager';

/** How often the agent's state is asked for, in ms; changes come over the event stream at once. */
const STATUS_EVERY_MS = 10_000;
/** Where the session survives a reload of the page. */
const SESSION = 'tillside.session';

export class App {
  status = $state<Status | null>(null);
  /** Whether the agent answered lately. */
  answered = $state(true);
  session = $state<Session | null>(null);
  view = $state<View>('cashier');
  /** Why the person has to sign in again. */
  signedOut = $state<string | null>(null);
  starting = $state(true);
  /** A scan or tap that came at the wrong moment, in words. */
  interrupted = $state<string | null>(null);
  /** Counts what changes the manager's figures: sales, voids, and what HQ confirmed. */
  happened = $state(0);
  /** Dialogs that are open: while one is, nothing is sold by accident. */
  dialogs = $state(0);

  /** Takes scans and taps while a dialog asks whom or what they are of. */
  catcher: ((code: string) => void) | null = null;

  /** What is on the sheet that is printed; the screen never shows it. */
  sheet = $state('');
  /** The field that takes what is typed while no other has the focus. */
  home: HTMLInputElement | null = null;

  readonly calls: Calls;
  readonly selling: Selling;
  readonly purses: Purses;
  readonly #served = new Served();
  readonly #stop = new AbortController();

  constructor(token: string) {
    const client = new Client({
      token,
      fetch: (path, init) => fetch(path, init),
      sleep: (ms) => new Promise((resolve) => setTimeout(resolve, ms)),
      newKey: randomKey,
      noAnswer: t.noAnswer,
    });
    client.onContact = (up) => (this.answered = up);
    client.onSignedOut = () => this.#forget(t.signedOut);
    this.calls = new Calls(client);
    this.selling = new Selling(this.calls);
    this.purses = new Purses(this.calls, (job) => {
      this.happened += 1;
      const mine = job.sale === null || job.sale === this.selling.sale?.sale;
      if (mine) this.#served.ended(job);
      else this.selling.tell(job.words);
      void this.selling.cardDone(job);
      void this.refresh();
    });
  }

  /** How e-money stands, once the agent said so. */
  get emoney(): Emoney | null {
    return this.status?.emoney ?? null;
  }

  get currency(): string {
    return this.status?.store?.currency ?? 'EUR';
  }

  get zero(): Money {
    return { minor: 0, currency: this.currency };
  }

  /** A moment as the store's clock shows it. */
  time(at: number): string {
    return clockTime(at, this.status?.store?.time_zone ?? 'UTC', this.status?.now ?? Date.now());
  }

  /** A moment with its day of the week, by the store's clock. */
  dayTime(at: number): string {
    return dayAndTime(at, this.status?.store?.time_zone ?? 'UTC');
  }

  async start(): Promise<void> {
    await this.refresh();
    await this.#resume();
    this.starting = false;
    const timer = setInterval(() => void this.refresh(), STATUS_EVERY_MS);
    this.#stop.signal.addEventListener('abort', () => clearInterval(timer));
    void listen(
      this.calls.client,
      {
        onEvent: (event) => this.#on(event),
        onOpen: () => void this.#caughtUp(),
        onLost: () => void this.refresh(),
      },
      this.#stop.signal,
    );
  }

  stop(): void {
    this.#stop.abort();
  }

  async refresh(): Promise<void> {
    try {
      this.status = await this.calls.status();
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
    }
  }

  /** The event stream (again) runs: what happened in between is asked for. */
  async #caughtUp(): Promise<void> {
    await this.refresh();
    if (!this.session) return;
    await this.purses.refresh();
    await this.selling.reload();
  }

  /** Prints a receipt, and nothing else of the screen. */
  async print(receipt: string): Promise<void> {
    this.sheet = receipt;
    await tick();
    window.print();
  }

  async signIn(person: string, pin: string): Promise<void> {
    const session = await this.calls.signIn(person, pin);
    this.#enter(session);
    await this.#goOn();
  }

  async signOut(): Promise<void> {
    await this.calls.signOut().catch(() => {});
    this.#forget(null);
  }

  async #resume(): Promise<void> {
    const id = sessionStorage.getItem(SESSION);
    if (!id) return;
    this.calls.client.session = id;
    try {
      this.#enter({ ...(await this.calls.whoAmI()), session: id });
      await this.#goOn();
    } catch {
      this.#forget(null);
    }
  }

  /** The sale at hand, or the one whose payment nobody knows about: it waits for its card. */
  async #goOn(): Promise<void> {
    await this.selling.resume();
    await this.purses.refresh();
    const waits = this.purses.list.find(({ stage, kind }) => stage === 'unknown' && kind === 'pay');
    if (waits?.sale && !this.selling.sale) await this.selling.bringUp(waits.sale);
  }

  #enter(session: Session): void {
    this.session = session;
    this.calls.client.session = session.session;
    sessionStorage.setItem(SESSION, session.session);
    this.signedOut = null;
    this.view = 'cashier';
  }

  #forget(why: string | null): void {
    this.session = null;
    this.calls.client.session = null;
    sessionStorage.removeItem(SESSION);
    this.signedOut = why;
    this.view = 'cashier';
    this.selling.pause();
  }

  #tapped(card: CardTap): void {
    const { selling } = this;
    const outcome = tapOutcome({
      signedIn: this.session !== null,
      selling: this.view === 'cashier',
      sale: selling.sale,
      receipt: selling.receipt !== null,
      cardAtWork:
        this.#served.is(card.card) ||
        this.purses.live ||
        (selling.sale?.state === 'open' && selling.sale.fixed),
    });
    selling.tapped(card, outcome);
  }

  #on(event: AgentEvent): void {
    const { selling, status } = this;
    switch (event.event) {
      case 'card':
        if (this.catcher) return this.catcher(event.data.card);
        return this.#tapped(event.data);
      case 'purse':
        return this.purses.heard(event.data);
      case 'card_unreadable':
        return selling.unreadable(event.data.message);
      case 'card_removed':
        this.#served.gone();
        return selling.cardGone();
      case 'sale':
        this.happened += 1;
        return selling.heard(event.data.sale);
      case 'readers':
        if (status) Object.assign(status, event.data);
        return;
      case 'line':
        if (event.data.unconfirmed !== status?.unconfirmed) this.happened += 1;
        if (status) Object.assign(status, event.data);
        return;
      case 'bundle':
        return void this.refresh();
    }
  }
}
