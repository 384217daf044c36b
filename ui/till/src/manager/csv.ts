// A report as text for a spreadsheet (RFC 4180): what the screen shows, with full times and plain amounts.
import type { Money } from '../api/types';
import { replacementWords } from '../pure/desk';
import { decimalText } from '../pure/money';
import { localMinute } from '../pure/time';
import type { Cell, Column } from './columns';

/** A figure of the day, below the rows. */
export interface Figure {
  name: string;
  amount: Money;
  count: number;
}

/** Tells spreadsheets that the text is UTF-8. */
const MARK = '\uFEFF';

export function csv<Row>(columns: Column<Row>[], rows: Row[], zone: string, figures: Figure[] = []): string {
  const head = columns.map((column) => cellText(column.title));
  const lines = rows.map((row) => columns.map((column) => value(column.cell(row), zone)));
  const below = figures.map(({ name, amount: sum, count }) => [
    cellText(name),
    amount(sum),
    String(count || ''),
  ]);
  const all = [head, ...lines, ...(below.length > 0 ? [[], ...below] : [])];
  return MARK + all.map((cells) => cells.join(',') + '\r\n').join('');
}

function value(cell: Cell, zone: string): string {
  switch (cell.kind) {
    case 'time':
      return localMinute(cell.at, zone);
    case 'amount':
      return cell.amount ? amount(cell.amount) : '';
    case 'number':
      return String(cell.value);
    case 'receipt':
      return cellText(cell.number);
    case 'standing':
      return cellText(replacementWords(cell.one, Date.now(), zone));
    default:
      return cellText(cell.text);
  }
}

const amount = (money: Money) => `${decimalText(money)} ${money.currency}`;

/** Quoted where it must be. A text that a spreadsheet would take for a formula is kept a text. */
function cellText(text: string): string {
  const safe = /^[=+\-@\t\r]/.test(text) && text.length > 1 ? `'${text}` : text;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}
