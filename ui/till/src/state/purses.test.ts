import { describe, expect, it } from 'vitest';
import { Calls } from '../api/calls';
import { ApiError, type Client } from '../api/client';
import type { Job, JobStage } from '../api/types';
import { Purses } from './purses.svelte';

const job = (stage: JobStage, id = 'j1') =>
  ({ job: id, kind: 'pay', stage, sale: 's1', words: stage }) as Job;
const lost = new ApiError(0, 'no_answer', 'No answer.', true);
const none = new ApiError(404, 'no_job', 'The till is not waiting for a card.', false);

/** Purses whose agent answers reads and writes as `answer` says. */
function purses(answer: (call: string) => unknown) {
  const ended: string[] = [];
  let keys = 0;
  const say = async (call: string) => {
    const value = await answer(call);
    if (value instanceof Error) throw value;
    return value;
  };
  const client = {
    newKey: () => `key-${(keys += 1)}`,
    read: (path: string) => say(`GET ${path}`),
    write: (method: string, path: string) => say(`${method} ${path}`),
  };
  const made = new Purses(new Calls(client as unknown as Client), (over) => ended.push(over.stage));
  return { purses: made, ended };
}

describe('a job', () => {
  it('whose answer was lost is asked for again under its key, and never begun twice', async () => {
    const { purses: own } = purses(() => []);
    const keys: string[] = [];
    const answers: (Job | Error)[] = [lost, job('waiting')];
    const ask = async (key: string) => {
      keys.push(key);
      const next = answers.shift();
      if (!(next && 'job' in next)) throw next;
      return next;
    };
    expect(await own.begin('pay s1', ask)).toBe(false);
    expect(own.wrong).toBe('No answer.');
    expect(await own.begin('pay s1', ask)).toBe(true);
    expect(keys).toEqual(['key-1', 'key-1']);
    expect(own.live).toBe(true);
  });

  it('that is another one, or was refused, has a key of its own', async () => {
    const { purses: own } = purses(() => []);
    const keys: string[] = [];
    const refused = new ApiError(409, 'job_running', 'The till waits for a card already.', false);
    const ask = (error: Error) => async (key: string) => {
      keys.push(key);
      throw error;
    };
    await own.begin('pay s1', ask(lost));
    await own.begin('pay s2', ask(refused));
    expect(own.blocked).toBe(true);
    await own.begin('pay s2', ask(lost));
    expect(keys).toEqual(['key-1', 'key-2', 'key-3']);
  });

  it('that went on before its answer came is as its event says', async () => {
    const { purses: own } = purses(() => []);
    await own.begin('pay s1', async () => {
      own.heard(job('working'));
      return job('waiting');
    });
    expect(own.job?.stage).toBe('working');
  });

  it('tells its end once it is heard of, also when that was missed', async () => {
    const { purses: own, ended } = purses((call) => (call === 'GET /v1/jobs/current' ? job('done') : []));
    own.heard(job('working'));
    expect(ended).toEqual([]);
    await own.refresh();
    expect(ended).toEqual(['done']);
    await own.refresh();
    expect(ended).toEqual(['done']);
  });

  it('that is none is none', async () => {
    const { purses: own } = purses((call) => (call === 'GET /v1/jobs/current' ? none : []));
    own.heard(job('waiting'));
    await own.refresh();
    expect(own.job).toBeNull();
  });

  it('is cancelled while it waits, and says why when it cannot be', async () => {
    const under = new ApiError(409, 'job_under_way', 'Wait for the outcome.', false);
    const answers: unknown[] = [under, job('cancelled')];
    const { purses: own } = purses((call) => (call.startsWith('DELETE') ? answers.shift() : []));
    own.heard(job('waiting'));
    expect(await own.cancel()).toBe(false);
    expect(own.wrong).toBe('Wait for the outcome.');
    expect(await own.cancel()).toBe(true);
    expect(own.job?.stage).toBe('cancelled');
    own.forget();
    expect(own.job).toBeNull();
  });

  it('is not forgotten while it is live', () => {
    const { purses: own } = purses(() => []);
    own.heard(job('working'));
    own.forget();
    expect(own.job?.stage).toBe('working');
  });
});
