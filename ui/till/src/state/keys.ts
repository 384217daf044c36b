// Listens to the whole window for scanners that type, and leaves the fields as they were before the scan.
import { BurstDetector } from '../pure/scanner';

type Field = HTMLInputElement | HTMLTextAreaElement;

interface Before {
  field: Field;
  value: string;
}

function fieldInFocus(): Field | null {
  const active = document.activeElement;
  return active instanceof HTMLInputElement || active instanceof HTMLTextAreaElement ? active : null;
}

/** What the watch asks of the screen. */
export interface Screen {
  /** Something was scanned; the focused field held `before`. What it returns is put back into that field. */
  onScan: (code: string, before: string) => string;
  /** The field that takes what is typed while no field has the focus. */
  home: () => Field | null;
}

/** Begins to listen. Returns what stops it. */
export function watchScanner({ onScan, home }: Screen): () => void {
  const detector = new BurstDetector();
  let before: Before | null = null;

  function onKey(event: KeyboardEvent): void {
    const { key, timeStamp: at, repeat } = event;
    // AltGr types signs on many keyboards, and shows up as Ctrl and Alt.
    const typing = event.getModifierState('AltGraph');
    const command = (event.ctrlKey || event.altKey || event.metaKey) && !typing;
    const typed = [...key].length === 1 && !' +-'.includes(key) && !command;
    if (typed && !fieldInFocus()) home()?.focus();
    const field = fieldInFocus();
    const reading = detector.read({ key, at, repeat, command });
    if (reading.kind === 'first') before = field && { field, value: field.value };
    // A blank inside a code must not press the button that has the focus.
    if (reading.kind === 'going-on' && key === ' ' && !field) event.preventDefault();
    if (reading.kind !== 'scanned') return;
    event.preventDefault();
    event.stopImmediatePropagation();
    const left = onScan(reading.code, before?.value ?? '');
    if (before) putBack(before.field, left);
    before = null;
  }

  window.addEventListener('keydown', onKey, { capture: true });
  return () => window.removeEventListener('keydown', onKey, { capture: true });
}

function putBack(field: Field, value: string): void {
  field.value = value;
  field.dispatchEvent(new Event('input', { bubbles: true }));
}
