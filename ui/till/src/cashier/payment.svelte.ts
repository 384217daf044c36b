// Finishing a sale from a payment dialog: busy while it is saved, words when it is not.
import { ApiError } from '../api/client';
import type { Tender } from '../api/types';
import type { App } from '../state/app.svelte';
import { t } from '../texts';

export class Paying {
  busy = $state(false);
  wrong = $state<string | null>(null);
  /** No answer came: the sale may be saved or not. Only the same call again tells. */
  unsure = $state(false);

  constructor(
    private readonly app: App,
    private readonly onpaid: () => void,
  ) {
    this.unsure = app.selling.undecided !== null;
    if (this.unsure) this.wrong = t.unsure;
  }

  async pay(tenders: Tender[], changeDue: number | null): Promise<void> {
    if (this.busy) return;
    this.busy = true;
    this.wrong = null;
    try {
      await this.app.selling.checkout(tenders, changeDue);
      this.onpaid();
    } catch (error) {
      this.unsure = error instanceof ApiError && error.status === 0;
      this.wrong = this.unsure ? t.unsure : error instanceof ApiError ? error.message : t.noAnswer;
    } finally {
      this.busy = false;
    }
  }
}
