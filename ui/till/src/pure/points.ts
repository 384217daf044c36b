// Paying with points: what a number of them is worth, and which numbers can pay.
import type { Money, PayingPoints } from '../api/types';

/** What is wrong with a number of points. */
export type PointsFault = 'none' | 'few' | 'step' | 'many';

/** What so many points pay; in whole steps. */
export function worthOf(points: number, { step, step_worth }: PayingPoints): Money {
  return { minor: Math.floor(points / step) * step_worth.minor, currency: step_worth.currency };
}

/** Reads a number of points as typed; null while it is none. */
export function parsePoints(text: string): number | null {
  const plain = text.replace(/[\s.,]/g, '');
  return /^\d{1,9}$/.test(plain) ? Number(plain) : null;
}

/** Why so many cannot pay, as far as the screen knows; the agent and HQ have the last word. */
export function faultOf(points: number | null, paying: PayingPoints): PointsFault | null {
  if (points === null || points === 0) return 'none';
  if (points < paying.least) return 'few';
  if (points % paying.step !== 0) return 'step';
  return points > paying.most ? 'many' : null;
}

/** What is offered at one press: all that can pay, half of it, and what works without asking HQ; the most first. */
export function offersOf(paying: PayingPoints): number[] {
  const whole = (points: number) => Math.floor(points / paying.step) * paying.step;
  const offers = [paying.most, whole(paying.most / 2), paying.here];
  const fit = offers.filter((points) => faultOf(points, paying) === null);
  return [...new Set(fit)].sort((a, b) => b - a);
}
