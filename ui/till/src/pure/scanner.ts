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
  | { kind: 'going-on'; length: number }
  /** The burst is over: this was scanned. */
  | { kind: 'scanned'; code: string }
  /** A key that cannot be of a burst. */
  | { kind: 'other' };

/** The longest pause inside a burst. Scanners take 1 to 30 ms a key, a fast typist 80 and more. */
export const LONGEST_PAUSE_MS = 50;
/** The shortest code: what is shorter is a person hitting two keys at once. */
export const SHORTEST_CODE = 4;
/** The longest code that is kept; a stuck key cannot fill the memory. */
export const LONGEST_CODE = 200;

/** Reads keystrokes one by one. */
export class BurstDetector {
  #code = '';
  #last = Number.NEGATIVE_INFINITY;

  /** The characters of the burst so far. */
  get pending(): string {
    return this.#code;
  }

  read(stroke: Stroke): Reading {
    if (stroke.key === 'Shift' || stroke.key === 'CapsLock') return { kind: 'other' };
    if (stroke.repeat || stroke.command) return this.#drop();
    const fast = stroke.at - this.#last <= LONGEST_PAUSE_MS;
    if (stroke.key === 'Enter' || stroke.key === 'Tab') {
      const code = this.#code.trim();
      this.#drop();
      return fast && code.length >= SHORTEST_CODE ? { kind: 'scanned', code } : { kind: 'other' };
    }
    if ([...stroke.key].length !== 1) return this.#drop();
    this.#last = stroke.at;
    if (!fast || this.#code === '' || this.#code.length >= LONGEST_CODE) {
      this.#code = stroke.key;
      return { kind: 'first' };
    }
    this.#code += stroke.key;
    return { kind: 'going-on', length: this.#code.length };
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

/** What was typed by hand, parted in quantity and code: `3*4006381333931`. */
export function partQuantity(text: string): { quantity: number; code: string } {
  const found = /^\s*(\d{1,4})\s*[*×]\s*(\S.*)$/.exec(text);
  const quantity = Number(found?.[1] ?? 1);
  return { quantity: quantity > 0 ? quantity : 1, code: (found?.[2] ?? text).trim() };
}
