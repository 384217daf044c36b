import { describe, expect, it } from 'vitest';
import { BurstDetector, LONGEST_CODE, LONGEST_PAUSE_MS, partQuantity, quantityBefore } from './scanner';

/** Types `text`, one key each `pause` ms, and gives the last reading. */
function type(detector: BurstDetector, text: string, pause: number, end: string, start = 1000) {
  let at = start;
  for (const key of text) {
    detector.read({ key, at });
    at += pause;
  }
  return detector.read({ key: end, at });
}

describe('a burst', () => {
  it('ended by Enter or Tab is a scan', () => {
    for (const end of ['Enter', 'Tab']) {
      const reading = type(new BurstDetector(), '4006381333931', 8, end);
      expect(reading).toEqual({ kind: 'scanned', code: '4006381333931' });
    }
  });

  it('may hold capital letters, signs and blanks', () => {
    const detector = new BurstDetector();
    let at = 0;
    for (const key of [']', 'Shift', 'C', '1', 'Shift', 'A', '-', ' ', '9'])
      detector.read({ key, at: (at += 5) });
    expect(detector.read({ key: 'Enter', at: at + 5 })).toEqual({ kind: 'scanned', code: ']C1A- 9' });
  });

  it('is not what a person types', () => {
    expect(type(new BurstDetector(), '4006381333931', 90, 'Enter')).toEqual({ kind: 'other' });
  });

  it('stays whole when the computer holds a key back', () => {
    const detector = new BurstDetector();
    let at = 0;
    for (const key of '4006381333931') detector.read({ key, at: (at += key === '8' ? 180 : 9) });
    expect(detector.read({ key: 'Enter', at: at + 120 })).toEqual({ kind: 'scanned', code: '4006381333931' });
  });

  it('that is short must be steady: a PIN typed at a gallop is no scan', () => {
    const detector = new BurstDetector();
    for (const [i, key] of [...'1234'].entries()) detector.read({ key, at: i * 30 });
    expect(detector.read({ key: 'Enter', at: 90 + 80 }).kind).toBe('other');
  });

  it('is not a fast code that waits for its Enter', () => {
    const detector = new BurstDetector();
    type(detector, '4006381333931', 8, 'Shift');
    expect(detector.read({ key: 'Enter', at: 9000 })).toEqual({ kind: 'other' });
  });

  it('needs four characters', () => {
    expect(type(new BurstDetector(), '123', 5, 'Enter').kind).toBe('other');
    expect(type(new BurstDetector(), '1234', 5, 'Enter').kind).toBe('scanned');
  });

  it('is not a key held down, nor a command', () => {
    const held = new BurstDetector();
    for (let at = 0; at < 300; at += 30) held.read({ key: '0', at, repeat: at > 0 });
    expect(held.read({ key: 'Enter', at: 300 }).kind).toBe('other');
    const command = new BurstDetector();
    type(command, '4006', 5, 'Shift');
    command.read({ key: 'v', at: 1021, command: true });
    expect(command.read({ key: 'Enter', at: 1025 }).kind).toBe('other');
  });

  it('begins anew after a pause, without what was typed before', () => {
    const detector = new BurstDetector();
    detector.read({ key: '7', at: 0 });
    expect(detector.read({ key: '4', at: LONGEST_PAUSE_MS + 1 })).toEqual({ kind: 'first' });
    for (const [i, key] of [...'0063'].entries()) detector.read({ key, at: 60 + i * 5 });
    expect(detector.read({ key: 'Enter', at: 85 })).toEqual({ kind: 'scanned', code: '40063' });
  });

  it('does not take in the plus and minus that were pressed before it', () => {
    expect(type(new BurstDetector(), '++-12345678', 5, 'Enter')).toEqual({
      kind: 'scanned',
      code: '12345678',
    });
    expect(type(new BurstDetector(), 'S1-10+A', 5, 'Enter')).toEqual({ kind: 'scanned', code: 'S1-10+A' });
  });

  it('follows another at once', () => {
    const detector = new BurstDetector();
    expect(type(detector, '11112222', 5, 'Enter', 0)).toEqual({ kind: 'scanned', code: '11112222' });
    expect(type(detector, '33334444', 5, 'Enter', 46)).toEqual({ kind: 'scanned', code: '33334444' });
  });

  it('never grows without end', () => {
    const detector = new BurstDetector();
    for (let at = 0; at < 1000; at += 1) detector.read({ key: 'a', at });
    expect(detector.pending.length).toBeLessThanOrEqual(LONGEST_CODE);
  });
});

describe('a quantity', () => {
  it('may stand before a scan', () => {
    expect(quantityBefore('3*')).toBe(3);
    expect(quantityBefore(' 12 x ')).toBe(12);
    for (const none of ['', '3', 'x', '0*', '3*4', '12345*']) expect(quantityBefore(none), none).toBeNull();
  });

  it('may stand before what is typed', () => {
    expect(partQuantity('3*4006381333931')).toEqual({ quantity: 3, code: '4006381333931' });
    expect(partQuantity(' milk ')).toEqual({ quantity: 1, code: 'milk' });
    expect(partQuantity('0*77')).toEqual({ quantity: 1, code: '77' });
  });
});
