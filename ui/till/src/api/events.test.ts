import { describe, expect, it } from 'vitest';
import { EventParser, waitBeforeReopen } from './events';

describe('the event stream', () => {
  it('is parted into events wherever it is cut', () => {
    const text =
      ': hello\n\nevent: card_removed\ndata: {"reader":"A"}\n\nevent: bundle\r\ndata: {"version":3}\r\n\r\n';
    for (let cut = 1; cut < text.length; cut += 1) {
      const parser = new EventParser();
      const events = [...parser.push(text.slice(0, cut)), ...parser.push(text.slice(cut))];
      expect(events, `cut at ${cut}`).toEqual([
        { event: 'card_removed', data: { reader: 'A' } },
        { event: 'bundle', data: { version: 3 } },
      ]);
    }
  });

  it('passes over what is no JSON', () => {
    expect(new EventParser().push('event: line\ndata: {oops\n\ndata: 1\n\n')).toEqual([
      { event: 'message', data: 1 },
    ]);
  });

  it('is opened again soon, then slower, never slower than 5 s', () => {
    expect([0, 1, 2, 3, 9, 99].map(waitBeforeReopen)).toEqual([0, 250, 500, 1000, 5000, 5000]);
  });
});
