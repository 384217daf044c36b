// The agent's calls by name, typed. Paths and bodies are the agent's /openapi.json.
import type { Client } from './client';
import type * as api from './types';

const seg = encodeURIComponent;
/** The manager who allows something, when a cashier asks for it. */
export interface Consent {
  person: string;
  pin: string;
}

const because = (reason: string, manager: Consent | null) => (manager ? { reason, manager } : { reason });
const query = (values: Record<string, string>) => `?${new URLSearchParams(values)}`;

export class Calls {
  constructor(readonly client: Client) {}

  status = () => this.client.read<api.Status>('/v1/status');
  syncNow = () => this.client.write<void>('POST', '/v1/sync');
  people = () => this.client.read<api.Person[]>('/v1/people');
  signIn = (person: string, pin: string) =>
    this.client.write<api.Session>('POST', '/v1/sessions', { person, pin });
  signOut = () => this.client.write<void>('DELETE', '/v1/sessions/current');
  whoAmI = () => this.client.read<api.Session>('/v1/sessions/current');

  products = (search: string, limit = 8) =>
    this.client.read<api.Product[]>(`/v1/products${query({ search, limit: String(limit) })}`);

  openSale = () => this.client.write<api.Sale>('POST', '/v1/sales', {});
  openSales = () => this.client.read<api.Sale[]>('/v1/sales/open');
  sale = (id: string) => this.client.read<api.Sale>(`/v1/sales/${seg(id)}`);
  abandon = (id: string) => this.client.write<void>('DELETE', `/v1/sales/${seg(id)}`);
  receipt = (id: string) => this.client.readText(`/v1/sales/${seg(id)}/receipt`);

  scan = (id: string, code: string, quantity: number) =>
    this.client.write<api.Scanned>(
      'POST',
      `/v1/sales/${seg(id)}/scan`,
      quantity === 1 ? { code } : { code, quantity },
    );

  putLines = (id: string, lines: api.LinePut[]) =>
    this.client.write<api.Sale>('PUT', `/v1/sales/${seg(id)}/lines`, { lines });

  setQuantity = (id: string, index: number, quantity: number) =>
    this.client.write<api.Sale>('PUT', `/v1/sales/${seg(id)}/lines/${index}`, { quantity });

  setCustomer = (id: string, card: string) =>
    this.client.write<api.Sale>('PUT', `/v1/sales/${seg(id)}/customer`, { card });

  removeCustomer = (id: string) => this.client.write<api.Sale>('DELETE', `/v1/sales/${seg(id)}/customer`);

  showCoupon = (id: string, number: string) =>
    this.client.write<api.CouponShown>('POST', `/v1/sales/${seg(id)}/coupons`, { number });

  removeCoupon = (id: string, number: string) =>
    this.client.write<api.Sale>('DELETE', `/v1/sales/${seg(id)}/coupons/${seg(number)}`);

  /** None are 0. */
  payWithPoints = (id: string, points: number) =>
    this.client.write<api.Sale>('PUT', `/v1/sales/${seg(id)}/points`, { points });

  checkout = (id: string, tenders: api.Tender[], key: string) =>
    this.client.write<api.Finished>('POST', `/v1/sales/${seg(id)}/checkout`, { tenders }, key);

  /** A sale that a card paid for is voided on that card: then the answer is the job that waits for it. */
  voidSale = (id: string, reason: string, manager: Consent | null, key: string) =>
    this.client.write<api.Finished | api.Job>(
      'POST',
      `/v1/sales/${seg(id)}/void`,
      because(reason, manager),
      key,
    );

  /** What goods that come back would come to; nothing is done. */
  priceReturn = (id: string, goods: api.Goods[]) =>
    this.client.write<api.ReturnPrice>('POST', `/v1/sales/${seg(id)}/returns/price`, { goods });

  takeGoodsBack = (
    id: string,
    goods: api.Goods[],
    reason: string,
    tenders: api.Tender[],
    manager: Consent | null,
    key: string,
  ) =>
    this.client.write<api.Finished>(
      'POST',
      `/v1/sales/${seg(id)}/returns`,
      { goods, tenders, ...because(reason, manager) },
      key,
    );

  // ---- E-money: whatever is done with a card is a job, which goes on as `purse` events ----

  payByPurse = (id: string, payment: api.PursePayment, key: string) =>
    this.client.write<api.Job>('POST', `/v1/sales/${seg(id)}/purse`, payment, key);

  takeBack = (id: string, txid: string, key: string) =>
    this.client.write<api.Job>('DELETE', `/v1/sales/${seg(id)}/purse/${seg(txid)}`, undefined, key);

  giveBack = (txid: string, manager: Consent | null, key: string) =>
    this.client.write<api.Job>('POST', `/v1/purses/${seg(txid)}/give-back`, manager ? { manager } : {}, key);

  topUp = (topUp: api.TopUp, key: string) =>
    this.client.write<api.Job>('POST', '/v1/purses/top-up', topUp, key);

  readCard = (key: string) => this.client.write<api.Job>('POST', '/v1/cards/read', {}, key);

  /** Members by a part of the name, or a card's number; where cards are issued. */
  members = (search: string) =>
    this.client.read<api.FoundMember[]>(`/v1/members${query({ search, limit: '8' })}`);

  /** Makes a card a member's, perhaps in place of a lost one. */
  issueCard = (member: string, replaces: string | null, manager: Consent | null, key: string) =>
    this.client.write<api.Job>(
      'POST',
      '/v1/cards/issue',
      { member, ...(replaces ? { replaces } : {}), ...(manager ? { manager } : {}) },
      key,
    );

  /** Lost cards whose balance is not on their replacement yet. */
  replacements = () => this.client.read<api.Replacement[]>('/v1/cards/replacements');

  /** Puts the balance of a lost card on the card that is held. */
  restore = (key: string) => this.client.write<api.Job>('POST', '/v1/purses/restore', {}, key);

  /** Blocks a card here, or allows it again. */
  setFrozen = (frozen: boolean, card: string, reason: string, manager: Consent | null, key: string) =>
    this.client.write<void>(
      'POST',
      frozen ? '/v1/cards/freeze' : '/v1/cards/unfreeze',
      { card, ...because(reason, manager) },
      key,
    );

  job = () => this.client.read<api.Job>('/v1/jobs/current');
  cancelJob = () => this.client.write<api.Job>('DELETE', '/v1/jobs/current');

  purses = () => this.client.read<api.Purse[]>('/v1/purses');
  purse = (txid: string) => this.client.read<api.Purse>(`/v1/purses/${seg(txid)}`);

  giveUp = (txid: string, reason: string, manager: Consent | null, key: string) =>
    this.client.write<api.Purse>('POST', `/v1/purses/${seg(txid)}/give-up`, because(reason, manager), key);

  // ---- The manager's reports ----

  day = (date: string) => this.client.read<api.DayTotals>(`/v1/reports/day${query({ date })}`);

  report = <R extends api.Report>(kind: R, date: string) =>
    this.client.read<api.Reports[R][]>(`/v1/reports/${kind}${query({ date })}`);
}
