import { describe, expect, it } from 'vitest';
import {
  change,
  decimalText,
  decimals,
  handedOver,
  left,
  money,
  parseMoney,
  sum,
  topUpSums,
  spoken,
} from './money';

const eur = (minor: number) => ({ minor, currency: 'EUR' });

describe('amounts', () => {
  it('are shown in the way of their currency', () => {
    expect(money(eur(1999))).toBe('€19.99');
    expect(money(eur(-5))).toBe('-€0.05');
    expect(money({ minor: 1999, currency: 'JPY' })).toBe('¥1,999');
    expect(decimals('KWD')).toBe(3);
  });

  it('stay exact at the largest amount', () => {
    expect(decimalText(eur(9007199254740991))).toBe('90071992547409.91');
    expect(money(eur(9007199254740991))).toBe('€90,071,992,547,409.91');
  });

  it('are read as people type them, or not at all', () => {
    expect(parseMoney('20', 'EUR')).toEqual(eur(2000));
    expect(parseMoney(' 20,5 ', 'EUR')).toEqual(eur(2050));
    expect(parseMoney('0.07', 'EUR')).toEqual(eur(7));
    expect(parseMoney('20.', 'EUR')).toEqual(eur(2000));
    expect(parseMoney('1500', 'JPY')).toEqual({ minor: 1500, currency: 'JPY' });
    for (const wrong of ['', '.', '-5', '1.234', '1,2,3', 'ten', '9999999999']) {
      expect(parseMoney(wrong, 'EUR'), wrong).toBeNull();
    }
    expect(parseMoney('1.5', 'JPY')).toBeNull();
  });

  it('suggest what is handed over', () => {
    expect(handedOver(eur(1240)).map((m) => m.minor)).toEqual([1500, 2000, 5000]);
    expect(handedOver(eur(500)).map((m) => m.minor)).toEqual([1000, 2000, 5000]);
    expect(handedOver({ minor: 1200, currency: 'JPY' }).map((m) => m.minor)).toEqual([1500, 2000, 5000]);
  });

  it('give change, or say what is missing', () => {
    expect(change(eur(2000), eur(1240))).toEqual(eur(760));
    expect(change(eur(1000), eur(1240))).toEqual(eur(-240));
  });
});

describe('sums of payments', () => {
  it('add up what is of the currency, and nothing else', () => {
    const parts = [{ amount: eur(320) }, { amount: eur(140) }, { amount: { minor: 1, currency: 'USD' } }];
    expect(sum(parts, 'EUR')).toEqual(eur(460));
    expect(sum([], 'EUR')).toEqual(eur(0));
  });
  it('never leave less than nothing', () => {
    expect(left(eur(460), eur(320))).toEqual(eur(140));
    expect(left(eur(320), eur(460))).toEqual(eur(0));
  });
  it('offer round top-ups in the currency’s own units', () => {
    expect(topUpSums('EUR').map((s) => s.minor)).toEqual([1000, 2000, 5000, 10000]);
    expect(topUpSums('JPY').map((s) => s.minor)).toEqual([1000, 2000, 5000, 10000]);
    expect(topUpSums('KWD')[0]?.minor).toBe(10000);
  });
});

describe('amounts in the agent\u2019s sentences', () => {
  it('read as everywhere else on the screen', () => {
    expect(spoken('It holds 21.42 EUR now.')).toBe('It holds €21.42 now.');
    expect(spoken('4.29 EUR is paid. -1.00 EUR, 500 JPY.')).toBe('€4.29 is paid. -€1.00, ¥500.');
    expect(spoken('12345.67 EUR')).toBe('€12,345.67');
  });
  it('are left alone when they are none', () => {
    for (const words of ['3 AAA batteries', '5 EUR', '1.234 EUR', 'card D5E6', '72 hours'])
      expect(spoken(words)).toBe(words);
  });
});
