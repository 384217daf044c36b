import { describe, expect, it } from 'vitest';
import type { SaleRow } from '../api/types';
import { columns, fits } from './columns';
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

it('the filter looks at what is shown, in capitals or not', () => {
  expect(fits(columns.sales, row, ' lindqvist ')).toBe(true);
  expect(fits(columns.sales, row, '1234.50')).toBe(true);
  expect(fits(columns.sales, row, 'paid')).toBe(true);
  expect(fits(columns.sales, row, 'voided')).toBe(false);
});
