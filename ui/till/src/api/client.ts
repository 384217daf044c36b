// Talks to the agent: the token, the person's session, and writes that may be sent again.
// A write carries one key for all its tries, so a lost answer never books anything twice.

/** Why a call did not do what was asked, in words for the person at the till. */
export class ApiError extends Error {
  constructor(
    /** HTTP status; 0 when there was no answer at all. */
    readonly status: number,
    /** Stable, for programs. */
    readonly code: string,
    message: string,
    /** Whether the same call may help later. */
    readonly retryable: boolean,
  ) {
    super(message);
    this.name = 'ApiError';
  }
}

export type Method = 'GET' | 'POST' | 'PUT' | 'DELETE';

export interface ClientOptions {
  token: string;
  fetch: typeof fetch;
  /** Waits; a test passes its own. */
  sleep: (ms: number) => Promise<void>;
  /** A new key that nobody used before. */
  newKey: () => string;
  /** What to say when the agent does not answer. */
  noAnswer: string;
}

/** How long to wait before each further try of a write, in ms. */
export const RETRY_WAITS = [150, 400, 1000, 2000];
/** How long one try may take, in ms. */
export const TRY_LIMIT_MS = 10_000;

/** 128 bits of chance as text. `crypto.randomUUID` is missing where the page is not a secure context. */
export function randomKey(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return [...bytes].map((b) => b.toString(16).padStart(2, '0')).join('');
}

export class Client {
  /** The signed-in person's session, sent along when there is one. */
  session: string | null = null;
  /** Called after each try with whether the agent answered. */
  onContact: (answered: boolean) => void = () => {};
  /** Called when the agent no longer knows the session. */
  onSignedOut: () => void = () => {};

  constructor(private readonly options: ClientOptions) {}

  newKey(): string {
    return this.options.newKey();
  }

  /** Reads once; reads are cheap to ask again. */
  async read<T>(path: string): Promise<T> {
    return JSON.parse(await this.#whole('GET', path)) as T;
  }

  /** Reads a file as the agent sends it. */
  async readText(path: string): Promise<string> {
    return this.#whole('GET', path);
  }

  /**
   * Writes, and tries again with the same key while there is no answer or the agent says that it helps.
   * Pass the `key` of an earlier call to go on with that call: it is done once, whatever was lost.
   */
  async write<T>(method: Method, path: string, body?: unknown, key: string = this.newKey()): Promise<T> {
    for (let attempt = 0; ; attempt += 1) {
      try {
        const text = await this.#whole(method, path, body, key);
        return (text === '' ? undefined : JSON.parse(text)) as T;
      } catch (error) {
        const wait = RETRY_WAITS[attempt];
        const again = error instanceof ApiError && passes(error);
        if (!again || wait === undefined) throw error;
        await this.options.sleep(wait);
      }
    }
  }

  /** Opens a stream that lasts until `signal`; there is no time limit on it. */
  async stream(path: string, signal: AbortSignal): Promise<Response> {
    const answer = await this.#answer(() => this.#fetch('GET', path, undefined, undefined, signal));
    if (!answer.ok) throw this.#refused(answer.status, await answer.text().catch(() => ''));
    return answer;
  }

  /** One try with the whole body: an answer that breaks off is as lost as one that never came. */
  async #whole(method: Method, path: string, body?: unknown, key?: string): Promise<string> {
    const { ok, status, text } = await this.#answer(async () => {
      const answer = await this.#fetch(method, path, body, key, AbortSignal.timeout(TRY_LIMIT_MS));
      return { ok: answer.ok, status: answer.status, text: await answer.text() };
    });
    if (!ok) throw this.#refused(status, text);
    return text;
  }

  #fetch(method: Method, path: string, body: unknown, key: string | undefined, signal: AbortSignal) {
    const headers: Record<string, string> = { authorization: `Bearer ${this.options.token}` };
    if (this.session) headers['tillside-session'] = this.session;
    if (key) headers['idempotency-key'] = key;
    if (body !== undefined) headers['content-type'] = 'application/json';
    const text = body === undefined ? undefined : JSON.stringify(body);
    return this.options.fetch(path, { method, headers, body: text, signal });
  }

  async #answer<T>(ask: () => Promise<T>): Promise<T> {
    let answer: T;
    try {
      answer = await ask();
    } catch {
      this.onContact(false);
      throw new ApiError(0, 'no_answer', this.options.noAnswer, true);
    }
    this.onContact(true);
    return answer;
  }

  #refused(status: number, text: string): ApiError {
    const told = parsed(text);
    const code = told.code ?? `http_${status}`;
    if (status === 401 && this.session && code !== 'wrong_pin') this.onSignedOut();
    const retryable = told.retryable ?? (status >= 500 && status !== 507);
    return new ApiError(status, code, told.message ?? this.options.noAnswer, retryable);
  }
}

/** Whether it passes within seconds: no answer, or a till that is busy. A lock or a full disk does not. */
function passes(error: ApiError): boolean {
  const soon = error.status === 0 || error.status === 429 || (error.status >= 500 && error.status !== 507);
  return error.retryable && soon;
}

function parsed(text: string): { code?: string; message?: string; retryable?: boolean } {
  try {
    return (JSON.parse(text) ?? {}) as object;
  } catch {
    return {};
  }
}
