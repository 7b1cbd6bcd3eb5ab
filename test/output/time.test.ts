import { expect, it } from 'vitest';
import { duration, relative } from '../../src/output/time.ts';
import { NOW } from './rows.ts';

it.each([
  [0, '0s'],
  [0.25, '250ms'],
  [0.9999, '999ms'],
  [59.9, '59s'],
  [90, '1m 30s'],
  [3600, '1h'],
  [7380, '2h 3m'],
  [86_400 * 7, '7d'],
  [86_400 + 59, '1d'],
  [-90, '-1m 30s'],
])('%f seconds last %s', (seconds, text) => expect(duration(seconds)).toBe(text));

it.each([
  [0, 'now'],
  [-999, 'now'],
  [-180_000, '3m ago'],
  [42_000, 'in 42s'],
  [-7_380_000, '2h ago'],
  [-86_400_000 * 89, '89d ago'],
  [-86_400_000 * 100, '2025-02-21'],
  [86_400_000 * 400, '2026-07-06'],
])('%i ms from now is %s', (ms, text) => expect(relative(NOW + ms, NOW)).toBe(text));
