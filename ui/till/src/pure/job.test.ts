import { describe, expect, it } from 'vitest';
import type { Job, JobStage, Payment, Sale } from '../api/types';
import { counting, isLive, JobLog, mayClose, panel, Served, unknownOf } from './job';

const eur = (minor: number) => ({ minor, currency: 'EUR' });

function job(stage: JobStage, more: Partial<Job> = {}): Job {
  const none = { balance: null, could_take: null, receipt: null, card: null, progress: null };
  const about = { kind: 'pay' as const, sale: 's1', txid: 't1', amount: eur(460), card_end: 'A6F2' };
  return { job: 'j1', stage, words: stage, completed: false, ...about, ...none, ...more };
}

function payment(stage: Payment['stage'], txid = 't1'): Payment {
  return { txid, amount: eur(460), stage, card_end: 'A6F2', account: false, words: `is ${stage}` };
}

function sale(due: number, payments: Payment[] = []): Sale {
  return { sale: 's1', due: eur(due), payments } as Sale;
}

describe('the newest state of a job', () => {
  it('is the event, when the answer that began it comes after the event', () => {
    const log = new JobLog();
    const ticket = log.ticket();
    log.heard(job('working'));
    log.answered(ticket, job('waiting'));
    expect(log.job?.stage).toBe('working');
  });
  it('is the answer, when nothing was heard since it was asked for', () => {
    const log = new JobLog();
    log.heard(job('cancelled'));
    log.answered(log.ticket(), job('waiting', { job: 'j2' }));
    expect(log.job?.job).toBe('j2');
    log.answered(log.ticket(), null);
    expect(log.job).toBeNull();
  });
  it('goes back to waiting when the next card is asked for, and from unknown to what came out', () => {
    const log = new JobLog();
    for (const stage of ['waiting', 'working', 'waiting', 'unknown', 'done'] as const) {
      log.heard(job(stage));
      expect(log.job?.stage).toBe(stage);
    }
  });
  it('is live while it waits or works', () => {
    expect(isLive(null)).toBe(false);
    const live = (
      ['waiting', 'working', 'done', 'not_done', 'unknown', 'refused', 'cancelled'] as const
    ).filter((stage) => isLive(job(stage)));
    expect(live).toEqual(['waiting', 'working']);
  });
});

describe('the card that was served', () => {
  it('is known by its end until it is taken away, and no other is', () => {
    const served = new Served();
    expect(served.is('uid:04A6F2')).toBe(false);
    served.ended(job('done'));
    expect(served.is('uid:04a6f2')).toBe(true);
    expect(served.is('uid:04A6F3')).toBe(false);
    served.gone();
    expect(served.is('uid:04A6F2')).toBe(false);
  });
  it('is none of a job that never saw a card', () => {
    const served = new Served();
    served.ended(job('cancelled', { card_end: null }));
    expect(served.is('uid:04A6F2')).toBe(false);
  });
});

describe('the payment panel', () => {
  it('shows nothing of another sale, nor of another kind of job', () => {
    expect(panel(null, sale(460))).toEqual({ kind: 'idle' });
    expect(panel(job('waiting', { sale: 's2' }), sale(460))).toEqual({ kind: 'idle' });
    expect(panel(job('waiting', { kind: 'top_up', sale: null }), sale(460))).toEqual({ kind: 'idle' });
  });
  it('waits for the card, then waits for the outcome and cannot be closed', () => {
    const hold = panel(job('waiting'), sale(460));
    expect(hold).toEqual({ kind: 'hold', words: 'waiting', amount: eur(460), cardEnd: 'A6F2' });
    expect(mayClose(hold)).toBe(true);
    const work = panel(job('working', { balance: eur(900) }), sale(460));
    expect(work).toMatchObject({ kind: 'work', balance: eur(900) });
    expect(mayClose(work)).toBe(false);
  });
  it('offers what the card holds, and says what is left to pay then', () => {
    const short = panel(job('refused', { balance: eur(320), could_take: eur(320) }), sale(460));
    expect(short).toMatchObject({ kind: 'short', take: eur(320), rest: eur(140) });
  });
  it('offers nothing of a card that is empty or blocked', () => {
    expect(panel(job('refused', { could_take: eur(0) }), sale(460)).kind).toBe('refused');
    expect(panel(job('refused'), sale(460)).kind).toBe('refused');
  });
  it('tells paid in part from paid whole', () => {
    expect(panel(job('done'), sale(140))).toEqual({ kind: 'part', words: 'done', due: eur(140) });
    expect(panel(job('done', { completed: true }), sale(460)).kind).toBe('paid');
    expect(panel(job('done'), sale(0)).kind).toBe('paid');
  });
  it('shows what came out of an earlier payment, at a tap or through HQ', () => {
    expect(panel(job('not_done', { kind: 'settled' }), sale(460)).kind).toBe('nothing');
    expect(panel(job('done', { kind: 'settled' }), sale(140)).kind).toBe('part');
  });
  it('says that nothing was taken, that it was cancelled, and leaves the unknown to its own screen', () => {
    expect(panel(job('not_done'), sale(460))).toEqual({ kind: 'nothing', words: 'not_done' });
    expect(panel(job('cancelled'), sale(460))).toEqual({ kind: 'cancelled', words: 'cancelled' });
    expect(panel(job('unknown'), sale(460)).kind).toBe('unknown');
  });
});

describe('an unknown payment', () => {
  it('is there after a restart, when no job is known any more', () => {
    expect(unknownOf(sale(460, [payment('unknown')]), null)).toMatchObject({ txid: 't1', cardEnd: 'A6F2' });
  });
  it('is there at once, before the sale says so', () => {
    expect(unknownOf(sale(460), job('unknown'))).toMatchObject({ txid: 't1', words: 'unknown' });
    expect(unknownOf(sale(460, [payment('open')]), job('unknown'))).toMatchObject({ txid: 't1' });
  });
  it('is over as soon as the sale knows better than the job', () => {
    for (const stage of ['done', 'not_done', 'given_up', 'given_back'] as const) {
      expect(unknownOf(sale(460, [payment(stage)]), job('unknown'))).toBeNull();
    }
  });
  it('is none of another sale, of a top-up, or without a sale', () => {
    expect(unknownOf(sale(460), job('unknown', { sale: 's2' }))).toBeNull();
    expect(unknownOf(sale(460), job('unknown', { kind: 'top_up' }))).toBeNull();
    expect(unknownOf(null, job('unknown'))).toBeNull();
  });
});

it('a sale stays as it is while a payment of it counts or may count', () => {
  const stages = ['open', 'unknown', 'done', 'not_done', 'given_up', 'owed', 'given_back'] as const;
  const kept = counting(stages.map((stage) => payment(stage, stage)));
  expect(kept.map(({ txid }) => txid)).toEqual(['open', 'unknown', 'done']);
});
