import { beforeEach, describe, expect, it, vi } from 'vitest';
import { Calls } from '../api/calls';
import { ApiError, type Client } from '../api/client';
import type { CardTap, Job, Sale } from '../api/types';
import { Selling } from './selling.svelte';

const eur = (minor: number) => ({ minor, currency: 'EUR' });

function sale(id: string, more: Partial<Sale> = {}): Sale {
  const sums = { subtotal: eur(199), discount_total: eur(0), total: eur(199) };
  return {
    sale: id,
    state: 'open',
    lines: [],
    coupons: [],
    payments: [],
    tenders: [],
    due: eur(199),
    fixed: false,
    customer: null,
    points: 0,
    ...sums,
    ...more,
  } as Sale;
}

/** What was written: method, path and key. */
interface Write {
  call: string;
  key: string | undefined;
}

/** A till whose agent answers writes as `answer` says. */
function till(answer: (call: string, body: unknown) => unknown) {
  const writes: Write[] = [];
  let keys = 0;
  const client = {
    newKey: () => `key-${(keys += 1)}`,
    read: async (path: string) => answer(`GET ${path}`, null),
    readText: async () => 'the receipt',
    write: async (method: string, path: string, body: unknown, key?: string) => {
      writes.push({ call: `${method} ${path}`, key });
      const value = await answer(`${method} ${path}`, body);
      if (value instanceof Error) throw value;
      return value;
    },
  };
  return { selling: new Selling(new Calls(client as unknown as Client)), writes };
}

const lost = new ApiError(0, 'no_answer', 'No answer.', true);
const cash = [{ kind: 'cash' as const }];
const tap: CardTap = {
  reader: 'R',
  card: 'uid:04',
  kind: 'x',
  member: null,
  authenticated: false,
  pays: false,
  may: '',
  balance: null,
  open: [],
  message: '',
};

beforeEach(() => {
  const kept = new Map<string, string>();
  vi.stubGlobal('sessionStorage', {
    getItem: (name: string) => kept.get(name) ?? null,
    setItem: (name: string, value: string) => kept.set(name, value),
    removeItem: (name: string) => kept.delete(name),
  });
});

describe('a payment', () => {
  it('whose answer was lost goes on under the same key, and is not forgotten', async () => {
    const answers = [lost, { sale: sale('1', { state: 'completed' }), receipt: 'r', seq: 1 }];
    const { selling, writes } = till(() => answers.shift());
    selling.pick(sale('1'));
    await expect(selling.checkout(cash, null)).rejects.toBe(lost);
    expect(selling.undecided).toEqual(cash);
    await selling.checkout(cash, 301);
    expect(writes.map((write) => write.key)).toEqual(['key-1', 'key-1']);
    expect(selling.undecided).toBeNull();
    expect(selling.receipt?.receipt).toBe('r');
    expect(selling.changeDue).toBe(301);
  });

  it('that was refused for good is another one the next time', async () => {
    const refused = new ApiError(409, 'coupon', 'The coupon was used meanwhile.', false);
    const { selling, writes } = till(() => refused);
    selling.pick(sale('1'));
    await selling.checkout(cash, null).catch(() => {});
    expect(selling.undecided).toBeNull();
    await selling.checkout(cash, null).catch(() => {});
    expect(writes.map((write) => write.key)).toEqual(['key-1', 'key-2']);
  });

  it('that turns out to be booked already shows its receipt', async () => {
    const booked = new ApiError(409, 'already_completed', 'This sale is paid.', false);
    const done = sale('1', { state: 'completed' });
    const { selling } = till((call) => (call.startsWith('GET') ? done : booked));
    selling.pick(sale('1'));
    await selling.checkout([{ kind: 'card' }], null);
    expect(selling.receipt).toMatchObject({ sale: { state: 'completed' }, receipt: 'the receipt' });
  });
});

describe('scans', () => {
  it('never overtake each other, and open one sale together', async () => {
    const { selling, writes } = till(async (call, body) => {
      await new Promise((resolve) => setTimeout(resolve, call.endsWith('/scan') ? 5 : 15));
      if (call === 'POST /v1/sales') return sale('1');
      return {
        kind: 'line',
        message: '',
        sale: sale('1', { points: Number((body as { code: string }).code) }),
      };
    });
    await Promise.all(['1', '2', '3'].map((code) => selling.scan(code)));
    expect(writes.map((write) => write.call)).toEqual([
      'POST /v1/sales',
      ...Array(3).fill('POST /v1/sales/1/scan'),
    ]);
    expect(selling.sale?.points).toBe(3);
  });

  it('that go wrong say so, and the next one goes on', async () => {
    const answers: unknown[] = [
      sale('1'),
      lost,
      { kind: 'unknown', message: 'What is that?', sale: sale('1') },
    ];
    const { selling } = till(() => answers.shift());
    await selling.scan('1234');
    expect(selling.notice).toEqual({ tone: 'bad', words: 'No answer.' });
    await selling.scan('5678');
    expect(selling.notice?.words).toBe('What is that?');
    expect(selling.unknown).toBe('5678');
  });
});

describe('a card that is tapped while a receipt is shown', () => {
  it('comes along into the next sale, which a scan begins', async () => {
    const { selling, writes } = till((call) => {
      if (call.endsWith('/scan')) return { kind: 'line', message: '', sale: sale('2') };
      return sale('2');
    });
    selling.show({ sale: sale('1', { state: 'completed' }), receipt: 'r', seq: 1 });
    selling.tapped(tap, 'hold');
    expect(writes).toEqual([]);
    await selling.scan('4006381333931');
    expect(writes.map((write) => write.call)).toEqual([
      'POST /v1/sales',
      'PUT /v1/sales/2/customer',
      'POST /v1/sales/2/scan',
    ]);
    expect(selling.held).toBeNull();
    expect(selling.receipt).toBeNull();
  });

  it('is let go when nobody wants it', async () => {
    const { selling, writes } = till(() => sale('2'));
    selling.show({ sale: sale('1', { state: 'completed' }), receipt: 'r', seq: 1 });
    selling.tapped(tap, 'hold');
    await selling.removeCustomer();
    await selling.next();
    expect(writes).toEqual([]);
    expect(selling.sale).toBeNull();
  });
});

describe('a payment by e-money', () => {
  const done = sale('1', { state: 'completed', tenders: [{ kind: 'purse', amount: eur(199) }] });
  const job = { sale: '1', completed: true, balance: eur(301), card_end: 'A6F2' } as Job;

  it('that covers the sale shows its receipt, and what the card holds now', async () => {
    const { selling } = till(() => done);
    selling.pick(sale('1'));
    await selling.cardDone(job);
    expect(selling.receipt).toMatchObject({ sale: { state: 'completed' }, receipt: 'the receipt' });
    expect(selling.cardAfter).toEqual({ balance: eur(301), cardEnd: 'A6F2' });
    await selling.next();
    expect(selling.cardAfter).toBeNull();
  });

  it('shows its receipt even if only the sale’s own event arrives', async () => {
    const { selling } = till(() => done);
    selling.pick(sale('1'));
    selling.heard(done);
    await selling.reload();
    expect(selling.receipt?.receipt).toBe('the receipt');
  });

  it('in part leaves the sale open, with what is left', async () => {
    const paid = {
      txid: 't',
      amount: eur(100),
      stage: 'done' as const,
      card_end: '',
      account: false,
      words: '',
    };
    const part = sale('1', { due: eur(99), fixed: true, payments: [paid] });
    const { selling } = till(() => part);
    selling.pick(sale('1'));
    await selling.cardDone({ ...job, completed: false });
    expect(selling.receipt).toBeNull();
    expect(selling.sale?.due).toEqual(eur(99));
    expect(selling.payments).toHaveLength(1);
  });

  it('of another sale changes nothing here', async () => {
    const { selling } = till(() => {
      throw new Error('nothing is asked for');
    });
    selling.pick(sale('2'));
    await selling.cardDone(job);
    expect(selling.notice).toBeNull();
    expect(selling.sale?.sale).toBe('2');
  });

  it('of an earlier sale is told, and stays to be read when its card begins another', async () => {
    const { selling } = till(() => sale('2'));
    selling.tell('4.29 EUR is owed to the shopper.');
    await selling.attach('uid:04');
    expect(selling.notice).toEqual({ tone: 'wait', words: '4.29 EUR is owed to the shopper.' });
    await selling.removeCustomer();
    await selling.setQuantity(0, 2);
    expect(selling.notice).toBeNull();
  });

  it('that nobody knows about is brought up after a restart, unless another sale is at hand', async () => {
    const { selling } = till((call) => sale(call.endsWith('/1') ? '1' : '2'));
    await selling.bringUp('1');
    expect(selling.sale?.sale).toBe('1');
    await selling.bringUp('2');
    expect(selling.sale?.sale).toBe('1');
  });
});

it('a phone’s code that is refused is read out, and offered neither by hand nor as a name', async () => {
  const refused = { kind: 'unknown', message: 'This code is too old. Show a new one.', sale: sale('1') };
  const { selling } = till((call) => (call.endsWith('/scan') ? refused : sale('1')));
  await selling.scan('TSM10123456789');
  expect(selling.notice).toEqual({ tone: 'bad', words: 'This code is too old. Show a new one.' });
  expect(selling.unknown).toBeNull();
});
