// Scanners that type like a keyboard: tells their bursts of keystrokes from a person's typing.
// Knows nothing of the page; `state/keys.ts` feeds it key events and puts fields back as they were.

/** One keystroke, as far as it matters here. */
export interface Stroke {
  /** As in KeyboardEvent.key. */
  key: string;
  /** When it happened, in ms of any steady clock. */
  at: number;
  /** Held down and repeated by the keyboard. */
  repeat?: boolean;
  /** Ctrl, Alt or Meta is held. */
  command?: boolean;
}

/** What a stroke means. */
export type Reading =
  /** Not part of a burst (yet): it may be the first key of one. */
  | { kind: 'first' }
  /** It follows so fast that it may well be a scanner. */
  | { kind: 'going-on' }
  /** The burst is over: this was scanned. */
  | { kind: 'scanned'; code: string }
  /** A key that cannot be of a burst. */
  | { kind: 'other' };

/** The longest average time between the keys of a scan. Scanners take 1 to 30 ms a key, a fast typist 80 and more. */
export const SCAN_PACE_MS = 50;
/** A computer that is busy may hold one key back for this long; after more, something new begins. */
export const LONGEST_PAUSE_MS = 500;
/** The shortest code: what is shorter is a person hitting two keys at once. */
export const SHORTEST_CODE = 4;
/** Up to here no key may be held back at all, for a person can be quick for a moment. */
const SHORT_CODE = 5;
/** The longest code that is kept; a stuck key cannot fill the memory. A member's phone shows 337 characters. */
export const LONGEST_CODE = 512;

/** Reads keystrokes one by one. */
export class BurstDetector {
  #code = '';
  #began = 0;
  #last = Number.NEGATIVE_INFINITY;
  #longest = 0;

  /** The characters of the burst so far. */
  get pending(): string {
    return this.#code;
  }

  read(stroke: Stroke): Reading {
    if (stroke.key === 'Shift' || stroke.key === 'CapsLock') return { kind: 'other' };
    if (stroke.repeat || stroke.command) return this.#drop();
    const pause = stroke.at - this.#last;
    if (stroke.key === 'Enter' || stroke.key === 'Tab') return this.#end(stroke.at, pause);
    if ([...stroke.key].length !== 1) return this.#drop();
    // Plus and minus work on the basket; no code begins with them.
    if (this.#code === '' && '+-'.includes(stroke.key)) return this.#drop();
    this.#last = stroke.at;
    if (pause > LONGEST_PAUSE_MS || this.#code === '' || this.#code.length >= LONGEST_CODE) {
      this.#code = stroke.key;
      this.#began = stroke.at;
      this.#longest = 0;
      return { kind: 'first' };
    }
    this.#code += stroke.key;
    this.#longest = Math.max(this.#longest, pause);
    return this.#quick(stroke.at) ? { kind: 'going-on' } : { kind: 'other' };
  }

  #end(at: number, pause: number): Reading {
    const code = this.#code.trim();
    const scanned = pause <= LONGEST_PAUSE_MS && code.length >= SHORTEST_CODE && this.#quick(at);
    const steady = Math.max(this.#longest, pause) <= SCAN_PACE_MS;
    this.#drop();
    return scanned && (steady || code.length > SHORT_CODE) ? { kind: 'scanned', code } : { kind: 'other' };
  }

  /** Whether the keys came at a scanner's pace so far, `at` being the newest. */
  #quick(at: number): boolean {
    return at - this.#began <= SCAN_PACE_MS * this.#code.length;
  }

  #drop(): Reading {
    this.#code = '';
    this.#last = Number.NEGATIVE_INFINITY;
    return { kind: 'other' };
  }
}

/** A quantity typed before a scan: `3*` or `3x`. Null if the text is none. */
export function quantityBefore(text: string): number | null {
  const found = /^\s*(\d{1,4})\s*[*x×]\s*$/i.exec(text);
  const quantity = Number(found?.[1] ?? 0);
  return quantity > 0 ? quantity : null;
}

/** What was typed or scanned, parted in quantity and code: `3*4006381333931`. */
export function partQuantity(text: string): { quantity: number; code: string } {
  const found = /^\s*(\d{1,4})\s*[*×]\s*(\S.*)$/.exec(text);
  const quantity = Number(found?.[1] ?? 1);
  return { quantity: quantity > 0 ? quantity : 1, code: (found?.[2] ?? text).trim() };
}
