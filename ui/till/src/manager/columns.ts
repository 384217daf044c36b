// What each report shows, as data: the columns, and how a row's cell reads.
import type { DayEmoney, Money, Replacement, Report, Reports } from '../api/types';
import { decimalText } from '../pure/money';
import { t } from '../texts';

export type Cell =
  | { kind: 'text'; text: string }
  | { kind: 'time'; at: number }
  | { kind: 'amount'; amount: Money | null }
  | { kind: 'number'; value: number }
  /** Opens the receipt of a sale. */
  | { kind: 'receipt'; sale: string; number: string }
  /** Opens a movement of a purse. */
  | { kind: 'purse'; txid: string; text: string }
  /** Opens a balance on its way, or says how it stands. */
  | { kind: 'carry'; one: Replacement; text: string }
  | { kind: 'standing'; one: Replacement }
  /** An icon and words. */
  | { kind: 'mark'; tone: 'good' | 'wait' | 'bad'; text: string };

export interface Column<Row> {
  title: string;
  cell: (row: Row) => Cell;
  /** Numbers stand at the right. */
  right?: boolean;
  /** Long words may take several lines. */
  long?: boolean;
  /** Left out where there is little room. */
  minor?: boolean;
}

const text = (value: string | null): Cell => ({ kind: 'text', text: value ?? t.noCustomer });
const number = (value: number): Cell => ({ kind: 'number', value });
const amount = (value: Money | null): Cell => ({ kind: 'amount', amount: value });
const hq = (confirmed: boolean): Cell =>
  confirmed ? { kind: 'mark', tone: 'good', text: t.atHq } : { kind: 'mark', tone: 'wait', text: t.waiting };
const paid = (voided: boolean): Cell =>
  voided ? { kind: 'mark', tone: 'bad', text: t.voided } : { kind: 'mark', tone: 'good', text: t.paid };

export const columns: { [R in Report]: Column<Reports[R]>[] } = {
  sales: [
    { title: t.col.time, cell: (row) => ({ kind: 'time', at: row.at }) },
    { title: t.col.receipt, cell: (row) => ({ kind: 'receipt', sale: row.sale, number: row.number }) },
    { title: t.col.cashier, cell: (row) => text(row.cashier) },
    { title: t.col.customer, cell: (row) => text(row.customer) },
    { title: t.col.coupons, cell: (row) => number(row.coupons), right: true, minor: true },
    { title: t.col.discount, cell: (row) => amount(row.discount), right: true, minor: true },
    { title: t.col.points, cell: (row) => number(row.points), right: true },
    { title: t.col.amount, cell: (row) => amount(row.total), right: true },
    { title: t.col.state, cell: (row) => paid(row.voided) },
    { title: t.col.hq, cell: (row) => hq(row.confirmed) },
  ],
  redemptions: [
    { title: t.col.time, cell: (row) => ({ kind: 'time', at: row.at }) },
    { title: t.col.coupon, cell: (row) => text(row.number) },
    {
      title: t.col.verdict,
      cell: (row) => ({ kind: 'mark', tone: row.verdict === 'valid' ? 'good' : 'bad', text: row.words }),
      long: true,
    },
    { title: t.col.plan, cell: (row) => text(row.plan), minor: true },
    { title: t.col.receipt, cell: (row) => receiptOf(row) },
    { title: t.col.cashier, cell: (row) => text(row.cashier) },
    { title: t.col.amount, cell: (row) => amount(row.amount), right: true },
    { title: t.col.hq, cell: (row) => hq(row.confirmed) },
  ],
  voids: [
    { title: t.col.time, cell: (row) => ({ kind: 'time', at: row.at }) },
    { title: t.col.receipt, cell: (row) => ({ kind: 'receipt', sale: row.sale, number: row.number }) },
    { title: t.col.reason, cell: (row) => text(row.reason), long: true },
    { title: t.col.askedBy, cell: (row) => text(row.cashier) },
    { title: t.col.allowedBy, cell: (row) => text(row.approved_by) },
    { title: t.col.points, cell: (row) => number(row.points), right: true },
    { title: t.col.amount, cell: (row) => amount(row.amount), right: true },
    { title: t.col.hq, cell: (row) => hq(row.confirmed) },
  ],
  returns: [
    { title: t.col.time, cell: (row) => ({ kind: 'time', at: row.goods.at }) },
    { title: t.col.receipt, cell: (row) => ({ kind: 'receipt', sale: row.sale, number: row.number }) },
    {
      title: t.col.what,
      cell: (row) => text(row.goods.lines.map((line) => `${line.quantity} × ${line.name}`).join(', ')),
      long: true,
    },
    { title: t.col.reason, cell: (row) => text(row.goods.reason), long: true },
    { title: t.col.askedBy, cell: (row) => text(row.goods.cashier), minor: true },
    { title: t.col.allowedBy, cell: (row) => text(row.goods.approved_by) },
    { title: t.col.points, cell: (row) => number(row.goods.points), right: true },
    { title: t.col.amount, cell: (row) => amount(row.goods.total), right: true },
    { title: t.col.hq, cell: (row) => hq(row.confirmed) },
  ],
  purses: [
    { title: t.colAge, cell: (row) => ({ kind: 'time', at: row.at }) },
    { title: t.col.what, cell: (row) => text(t.movements[row.kind]), minor: true },
    { title: t.colCard, cell: (row) => cardOf(row) },
    { title: t.col.amount, cell: (row) => amount(row.amount), right: true },
    { title: t.col.state, cell: (row) => ({ kind: 'mark', tone: 'wait', text: t.stages[row.stage] }) },
    { title: t.colNext, cell: (row) => text(row.words), long: true },
    { title: t.col.hq, cell: (row) => hq(row.confirmed), minor: true },
  ],
  replacements: [
    {
      title: t.colReplaced,
      cell: (row) => (row.at === null ? text(null) : { kind: 'time', at: row.at }),
      minor: true,
    },
    { title: t.col.customer, cell: (row) => text(row.member) },
    {
      title: t.colNew,
      cell: (row) => ({ kind: 'carry', one: row, text: t.carryFromTo(row.lost_end, row.card_end) }),
    },
    { title: t.col.amount, cell: (row) => amount(row.amount), right: true },
    {
      title: t.col.state,
      cell: (row) => ({
        kind: 'mark',
        tone: row.stage === 'due' ? 'good' : 'wait',
        text: t.carryStages[row.stage],
      }),
    },
    { title: t.colNext, cell: (row) => ({ kind: 'standing', one: row }), long: true },
  ],
  unconfirmed: [
    { title: t.col.time, cell: (row) => ({ kind: 'time', at: row.at }) },
    { title: t.col.record, cell: (row) => number(row.seq), right: true },
    { title: t.col.what, cell: (row) => text(row.what) },
    { title: t.col.hq, cell: () => hq(false) },
  ],
};

/** A refused coupon's sale may never have been paid: then there is no receipt to open. */
function receiptOf(row: Reports['redemptions']): Cell {
  if (row.verdict !== 'valid') return text(row.sale_number);
  if (row.voided) return { kind: 'mark', tone: 'bad', text: `${row.sale_number} · ${t.voided}` };
  return { kind: 'receipt', sale: row.sale, number: row.sale_number };
}

function cardOf(row: Reports['purses']): Cell {
  const words = row.account ? t.theAccount : t.purseOf(row.card_end);
  const named = row.member ? `${words} · ${row.member}` : words;
  return { kind: 'purse', txid: row.txid, text: named };
}

/** Whether any cell of a row has the filter's words in it, in any case. */
export function fits<Row>(list: Column<Row>[], row: Row, filter: string): boolean {
  const wanted = filter.trim().toLowerCase();
  if (wanted === '') return true;
  return list.some((column) => words(column.cell(row)).toLowerCase().includes(wanted));
}

function words(cell: Cell): string {
  if (cell.kind === 'receipt') return cell.number;
  if (cell.kind === 'amount') return cell.amount ? decimalText(cell.amount) : '';
  if (cell.kind === 'number') return String(cell.value);
  return cell.kind === 'time' || cell.kind === 'standing' ? '' : cell.text;
}

/** The day's e-money, as figures: how much, and how often where that is known. */
export function purseFigures(day: DayEmoney): { name: string; amount: Money; count: number }[] {
  const figures = [
    { name: t.dPurseTaken, amount: day.taken, count: day.payments },
    { name: t.dPurseTopUp, amount: day.topped_up, count: day.top_ups },
    { name: t.dPurseBack, amount: day.given_back, count: 0 },
    { name: t.dPurseRestored, amount: day.restored, count: 0 },
    { name: t.dPurseOpen, amount: day.open_amount, count: day.open },
    { name: t.dPurseOwed, amount: day.owed, count: 0 },
  ];
  // Balances are seldom carried over: said only when they were.
  return figures.filter(({ name, amount }) => name !== t.dPurseRestored || amount.minor > 0);
}
