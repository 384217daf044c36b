// One day as the manager reads it: totals and the chosen report, asked for again when something happens.
import { ApiError } from '../api/client';
import type { DayTotals, Report, Reports } from '../api/types';
import { addDays } from '../pure/time';
import { t } from '../texts';
import { columns, purseFigures, type Column } from './columns';
import { csv } from './csv';
import type { App } from '../state/app.svelte';

export class Day {
  date = $state('');
  report = $state<Report>('sales');
  totals = $state<DayTotals | null>(null);
  rows = $state<{ of: Report; rows: Reports[Report][] } | null>(null);
  wrong = $state<string | null>(null);
  #turn = 0;

  constructor(private readonly app: App) {
    this.date = app.status?.date ?? '';
  }

  get today(): string {
    return this.app.status?.date ?? this.date;
  }

  async load(date: string, report: Report): Promise<void> {
    if (date === '') return;
    const turn = (this.#turn += 1);
    try {
      const [totals, rows] = await Promise.all([this.app.calls.day(date), this.#rowsOf(report, date)]);
      if (turn !== this.#turn) return;
      this.totals = totals;
      this.rows = { of: report, rows };
      this.wrong = null;
    } catch (error) {
      if (turn === this.#turn) this.wrong = error instanceof ApiError ? error.message : t.noAnswer;
    }
  }

  /** The newest first, but what waits for HQ in the order it is sent. */
  async #rowsOf(report: Report, date: string): Promise<Reports[Report][]> {
    if (report === 'purses') return this.app.calls.purses();
    if (report === 'replacements') return this.app.calls.replacements();
    const rows: Reports[Report][] = await this.app.calls.report(report, date);
    return report === 'unconfirmed' ? rows : rows.reverse();
  }

  /** Some days on (or back), never past today. */
  step(days: number): void {
    const date = addDays(this.date, days);
    if (date <= this.today) this.date = date;
  }

  /** Keeps rows of the report as a file for a spreadsheet. Returns the file's name. */
  save(rows: Reports[Report][]): string {
    const list = columns[this.report] as Column<Reports[Report]>[];
    const figures = this.report === 'purses' && this.totals?.emoney ? purseFigures(this.totals.emoney) : [];
    const text = csv(list, rows, this.app.status?.store?.time_zone ?? 'UTC', figures);
    const name = `${this.app.status?.store?.store ?? 'till'}-${this.report}-${this.date}.csv`;
    const url = URL.createObjectURL(new Blob([text], { type: 'text/csv' }));
    const link = document.createElement('a');
    link.href = url;
    link.download = name;
    link.click();
    setTimeout(() => URL.revokeObjectURL(url), 10_000);
    return name;
  }
}
