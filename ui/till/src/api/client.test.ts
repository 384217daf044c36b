import { describe, expect, it } from 'vitest';
import { ApiError, Client, randomKey, RETRY_WAITS } from './client';

interface Seen {
  method: string;
  key: string | null;
  body: string | null;
  session: string | null;
}

/** A client whose agent answers as `answers` say, in turn; 'lost' is an answer that never came. */
function clientWith(answers: (Response | 'lost')[]) {
  const seen: Seen[] = [];
  const waits: number[] = [];
  let keys = 0;
  const client = new Client({
    token: 'secret',
    noAnswer: 'No answer.',
    newKey: () => `key-${(keys += 1)}`,
    sleep: async (ms) => void waits.push(ms),
    fetch: async (_path, init) => {
      const headers = new Headers(init?.headers);
      seen.push({
        method: init?.method ?? '',
        key: headers.get('idempotency-key'),
        body: (init?.body as string) ?? null,
        session: headers.get('tillside-session'),
      });
      const answer = answers.shift();
      if (!answer || answer === 'lost') throw new TypeError('network');
      return answer;
    },
  });
  return { client, seen, waits };
}

const ok = (value: unknown) => Response.json(value);
const refusal = (status: number, code: string, retryable: boolean) =>
  Response.json({ code, message: `${code}.`, retryable }, { status });

describe('a write', () => {
  it('whose answer was lost is sent again with the very same key and body', async () => {
    const { client, seen, waits } = clientWith(['lost', 'lost', ok({ seq: 7 })]);
    await expect(client.write('POST', '/v1/sales/1/checkout', { tenders: [] })).resolves.toEqual({ seq: 7 });
    expect(seen.map((s) => s.key)).toEqual(['key-1', 'key-1', 'key-1']);
    expect(new Set(seen.map((s) => s.body)).size).toBe(1);
    expect(waits).toEqual(RETRY_WAITS.slice(0, 2));
  });

  it('whose answer broke off in the middle is as good as lost', async () => {
    const broken = new ReadableStream({
      pull: (c) => c.error(new TypeError('reset')),
    });
    const { client, seen } = clientWith([new Response(broken), ok({ seq: 8 })]);
    await expect(client.write('POST', '/v1/sales', {})).resolves.toEqual({ seq: 8 });
    expect(seen.map((s) => s.key)).toEqual(['key-1', 'key-1']);
  });

  it('gives up in words, and goes on later with the key it had', async () => {
    const { client, seen } = clientWith([]);
    const key = client.newKey();
    const failed = client.write('POST', '/v1/sales', {}, key);
    await expect(failed).rejects.toMatchObject({ code: 'no_answer', message: 'No answer.', retryable: true });
    expect(seen).toHaveLength(RETRY_WAITS.length + 1);
    await client.write('POST', '/v1/sales', {}, key).catch(() => {});
    expect(new Set(seen.map((s) => s.key))).toEqual(new Set([key]));
  });

  it('is tried again when the agent says that it helps', async () => {
    const { client, seen } = clientWith([refusal(503, 'busy', true), ok({})]);
    await client.write('POST', '/v1/sales', {});
    expect(seen.map((s) => s.key)).toEqual(['key-1', 'key-1']);
  });

  it('that was refused is not tried again', async () => {
    const refused = [
      refusal(409, 'already_completed', false),
      refusal(507, 'disk_full', true),
      refusal(423, 'locked', true),
    ];
    for (const answer of refused) {
      const { client, seen } = clientWith([answer, ok({})]);
      await expect(client.write('POST', '/v1/sales', {})).rejects.toBeInstanceOf(ApiError);
      expect(seen).toHaveLength(1);
    }
  });

  it('has a key of its own each time', async () => {
    const { client, seen } = clientWith([ok({}), ok({})]);
    await client.write('POST', '/v1/sales', {});
    await client.write('POST', '/v1/sales', {});
    expect(seen.map((s) => s.key)).toEqual(['key-1', 'key-2']);
    expect(randomKey()).toMatch(/^[0-9a-f]{32}$/);
    expect(randomKey()).not.toBe(randomKey());
  });
});

describe('the client', () => {
  it('says whether the agent answered, and sends the session', async () => {
    const { client, seen } = clientWith(['lost', refusal(404, 'no_such_sale', false)]);
    const contact: boolean[] = [];
    client.onContact = (up) => contact.push(up);
    client.session = 'abc';
    await client.read('/v1/status').catch(() => {});
    await client.read('/v1/sales/1').catch(() => {});
    expect(contact).toEqual([false, true]);
    expect(seen.every((s) => s.session === 'abc' && s.key === null)).toBe(true);
  });

  it('notices that the person is no longer signed in, but not over a wrong PIN', async () => {
    const { client } = clientWith([refusal(401, 'wrong_pin', false), refusal(401, 'signed_out', false)]);
    let gone = 0;
    client.onSignedOut = () => (gone += 1);
    client.session = 'abc';
    await client.write('POST', '/v1/sales/1/void', {}).catch(() => {});
    expect(gone).toBe(0);
    await client.read('/v1/sales/open').catch(() => {});
    expect(gone).toBe(1);
  });

  it('has words even for an answer that is no JSON', async () => {
    const { client } = clientWith([new Response('<h1>oops</h1>', { status: 500 })]);
    await expect(client.read('/v1/status')).rejects.toMatchObject({
      code: 'http_500',
      message: 'No answer.',
    });
  });
});
