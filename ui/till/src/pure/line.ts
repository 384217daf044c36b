// What the bar at the foot says: the line to HQ, the readers, the clock. Words and a tone, never colour alone.
import type { Problem, Status } from '../api/types';
import { t } from '../texts';
import { clockTime } from './time';

/** good: a check mark; wait: an hourglass; bad: a warning sign. */
export type Tone = 'good' | 'wait' | 'bad';

export interface Saying {
  tone: Tone;
  words: string;
}

const zoneOf = (status: Status) => status.store?.time_zone ?? 'UTC';

export function lineSaying(status: Status): Saying {
  const { line, unconfirmed, now } = status;
  if (!status.enrolled) return { tone: 'wait', words: t.noHq };
  if (!line.up)
    return { tone: 'wait', words: t.noLine(clockTime(line.since, zoneOf(status), now), unconfirmed) };
  return { tone: 'good', words: unconfirmed > 0 ? t.hqSending(unconfirmed) : t.hqConnected };
}

export function readerSaying(status: Status): Saying {
  if (!status.card_service.up) return { tone: 'bad', words: t.readerDown };
  const ready = status.readers.filter((reader) => reader.ready).length;
  if (ready === 0) return { tone: 'bad', words: t.readerMissing };
  return { tone: 'good', words: ready === 1 ? t.readerReady : t.readersReady(ready) };
}

export function clockSaying(status: Status): Saying | null {
  return status.clock === 'suspect' ? { tone: 'bad', words: t.clockWrong } : null;
}

/** Problems that the bar says in words of its own. */
const SAID = ['line_down', 'clock_suspect', 'card_service_down', 'no_reader', 'not_enrolled'];

/** What is wrong beyond what the bar says. */
export function furtherProblems(status: Status): Problem[] {
  return status.problems.filter((problem) => !SAID.includes(problem.code));
}

/** What somebody has to know of e-money at a glance: trial keys, and payments that wait for a person. */
export function emoneySaying({ emoney }: Status): Saying[] {
  const sayings: Saying[] = [];
  if (emoney.open > 0) sayings.push({ tone: 'wait', words: t.openPurses(emoney.open) });
  if (emoney.on && emoney.keys === 'development') sayings.push({ tone: 'wait', words: t.developmentKeys });
  return sayings;
}
