import { describe, expect, it } from 'vitest';
import type { SaleRow } from '../api/types';
import { columns, fits, purseFigures } from './columns';
import { csv } from './csv';

const row: SaleRow = {
  sale: 's',
  number: 'ABC-123',
  seq: 7,
  at: Date.UTC(2026, 10, 22, 13, 2),
  cashier: 'anna',
  customer: 'Lindqvist, "Anna"',
  total: { minor: 123450, currency: 'EUR' },
  discount: { minor: 5, currency: 'EUR' },
  points: 1234,
  coupons: 1,
  voided: false,
  confirmed: true,
};

describe('a report for a spreadsheet', () => {
  it('has full local times, plain amounts, and quotes where they must be', () => {
    const [head, line, end] = csv(columns.sales, [row], 'Europe/Berlin').split('\r\n');
    expect(head).toBe('\uFEFFTime,Receipt,Cashier,Customer,Coupons,Discount,Points,Amount,State,HQ');
    expect(line).toBe(
      '2026-11-22 14:02,ABC-123,anna,"Lindqvist, ""Anna""",1,0.05 EUR,1234,1234.50 EUR,Paid,At HQ',
    );
    expect(end).toBe('');
  });

  it('never holds a formula', () => {
    for (const formula of ['=1+1', '+cmd', '-2', '@x']) {
      const text = csv(columns.sales, [{ ...row, customer: formula }], 'UTC');
      expect(text).toContain(`,'${formula},`);
    }
    expect(csv(columns.sales, [{ ...row, customer: null }], 'UTC')).toContain(',anna,–,1,');
  });
});

it('the e-money of the day stands below what waits for somebody', () => {
  const eur = (minor: number) => ({ minor, currency: 'EUR' });
  const day = { payments: 3, taken: eur(8420), top_ups: 2, topped_up: eur(6000), given_back: eur(1556) };
  const figures = purseFigures({ ...day, restored: eur(0), open: 1, open_amount: eur(460), owed: eur(0) });
  const lines = csv(columns.purses, [], 'UTC', figures).split('\r\n');
  expect(lines.slice(1)).toEqual([
    '',
    'Paid by e-money,84.20 EUR,3',
    'Put on cards,60.00 EUR,2',
    'Given back,15.56 EUR,',
    'Not known yet,4.60 EUR,1',
    'Owed to shoppers,0.00 EUR,',
    '',
  ]);
});

it('the filter looks at what is shown, in capitals or not', () => {
  expect(fits(columns.sales, row, ' lindqvist ')).toBe(true);
  expect(fits(columns.sales, row, '1234.50')).toBe(true);
  expect(fits(columns.sales, row, 'paid')).toBe(true);
  expect(fits(columns.sales, row, 'voided')).toBe(false);
});
