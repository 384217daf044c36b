// What is being done with a card, and what somebody has to look after. One job at a time, as at the agent.
import type { Calls } from '../api/calls';
import { ApiError } from '../api/client';
import type { Job, Purse } from '../api/types';
import { isLive, JobLog } from '../pure/job';
import { t } from '../texts';

/** Asks for a job; the key makes sure that it is begun once only. */
export type Ask = (key: string) => Promise<Job>;

export class Purses {
  /** The newest job, under way or over. */
  job = $state<Job | null>(null);
  /** Movements that somebody has to look after: unknown, given up, owed. */
  list = $state<Purse[]>([]);
  /** Why the job that was asked for does not begin. */
  wrong = $state<string | null>(null);
  /** Another job is in its way. */
  blocked = $state(false);
  asking = $state(false);
  cancelling = $state(false);

  readonly live = $derived(isLive(this.job));
  readonly #log = new JobLog();
  /** A call whose answer was lost: the same call goes on under its key. */
  #lost: { what: string; key: string } | null = null;

  constructor(
    private readonly calls: Calls,
    /** A job ended, or an earlier movement came out. */
    private readonly onended: (job: Job) => void,
  ) {}

  /** An event came. */
  heard(job: Job): void {
    this.#log.heard(job);
    this.job = job;
    if (isLive(job)) return;
    this.onended(job);
    void this.look();
  }

  /** Asks how everything stands: at the start, and after the event stream was lost. */
  async refresh(): Promise<void> {
    const before = this.job;
    const ticket = this.#log.ticket();
    try {
      this.#answered(ticket, await this.calls.job());
    } catch (error) {
      // There is none: so it is at the start, and after the agent's.
      if (error instanceof ApiError && error.status === 404) this.#answered(ticket, null);
    }
    const { job } = this;
    if (job && !isLive(job) && isLive(before) && before?.job === job.job) this.onended(job);
    await this.look();
  }

  /** Asks what is to be looked after. */
  async look(): Promise<void> {
    const list = await this.calls.purses().catch(() => null);
    if (list) this.list = list;
  }

  /** Begins a job. `what` names it, so that it goes on under its key if its answer was lost. */
  async begin(what: string, ask: Ask): Promise<boolean> {
    if (this.asking) return false;
    Object.assign(this, { asking: true, wrong: null, blocked: false });
    const key = this.#lost?.what === what ? this.#lost.key : this.calls.client.newKey();
    this.#lost = { what, key };
    const ticket = this.#log.ticket();
    try {
      this.#answered(ticket, await ask(key));
      this.#lost = null;
      return true;
    } catch (error) {
      if (!(error instanceof ApiError) || error.status !== 0) this.#lost = null;
      this.wrong = error instanceof ApiError ? error.message : t.noAnswer;
      this.blocked = error instanceof ApiError && error.code === 'job_running';
      return false;
    } finally {
      this.asking = false;
    }
  }

  /** Before a call that may begin a job is made elsewhere. */
  ticket(): number {
    return this.#log.ticket();
  }

  /** A call made elsewhere began a job. */
  begun(ticket: number, job: Job): void {
    this.#answered(ticket, job);
  }

  /** Takes the job back, as long as it waits. Returns whether nothing is under way any more. */
  async cancel(): Promise<boolean> {
    if (!this.live) return true;
    this.cancelling = true;
    const ticket = this.#log.ticket();
    try {
      this.#answered(ticket, await this.calls.cancelJob());
      return true;
    } catch (error) {
      if (error instanceof ApiError && error.code === 'no_job') return true;
      this.wrong = error instanceof ApiError ? error.message : t.noAnswer;
      return false;
    } finally {
      this.cancelling = false;
    }
  }

  /** What is shown of the last job is done with. */
  forget(): void {
    if (this.live) return;
    this.#log.answered(this.#log.ticket(), null);
    Object.assign(this, { job: null, wrong: null, blocked: false });
  }

  #answered(ticket: number, job: Job | null): void {
    this.#log.answered(ticket, job);
    this.job = this.#log.job;
  }
}
