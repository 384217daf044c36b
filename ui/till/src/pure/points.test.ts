import { describe, expect, it } from 'vitest';
import type { PayingPoints } from '../api/types';
import { faultOf, offersOf, parsePoints, worthOf } from './points';

const eur = (minor: number) => ({ minor, currency: 'EUR' });
const paying: PayingPoints = {
  points: 0,
  worth: eur(0),
  words: null,
  step: 100,
  step_worth: eur(100),
  least: 200,
  most: 1200,
  here: 300,
};

describe('points that pay', () => {
  it('are worth whole steps', () => {
    expect(worthOf(1200, paying)).toEqual(eur(1200));
    expect(worthOf(250, paying)).toEqual(eur(200));
  });

  it('are read as people type them', () => {
    expect(parsePoints(' 1,200 ')).toBe(1200);
    expect(parsePoints('1.200')).toBe(1200);
    for (const text of ['', 'all', '-5', '12345678901']) expect(parsePoints(text)).toBeNull();
  });

  it('say what is wrong with a number', () => {
    expect(faultOf(null, paying)).toBe('none');
    expect(faultOf(0, paying)).toBe('none');
    expect(faultOf(100, paying)).toBe('few');
    expect(faultOf(250, paying)).toBe('step');
    expect(faultOf(1300, paying)).toBe('many');
    expect(faultOf(1200, paying)).toBeNull();
  });

  it('are offered in numbers that can pay', () => {
    expect(offersOf(paying)).toEqual([1200, 600, 300]);
    expect(offersOf({ ...paying, most: 300, here: 100 })).toEqual([300]);
    expect(offersOf({ ...paying, most: 0, here: 0 })).toEqual([]);
  });
});
