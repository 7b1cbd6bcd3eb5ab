import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fileOf, parseFlagsFile } from '../../src/commands/flags/file.ts';
import { encodeDocument, encodeMetadata, parseDocument } from '../../src/flags/kv/document.ts';
import {
  changedFlags,
  fingerprint,
  resolved,
  type Setting,
  settingsOf,
} from '../../src/flags/settings.ts';

const NOW = Date.parse('2026-01-01T00:00:00Z');

const value = fc.oneof(fc.boolean(), fc.integer({ min: 0, max: 100 }));
const timer = fc.record({
  until: fc.integer({ min: -5, max: 5 }).map((minutes) => NOW + minutes * 60_000),
  then: fc.option(value),
});
/** Few enough timers for the metadata; a timer never leads to the value that it began with. */
const settings = fc
  .array(
    fc.tuple(
      fc.oneof(fc.string(), fc.constantFrom('__proto__', 'constructor', '10', '9')),
      fc.record({ value, timer: fc.option(timer) }),
    ),
    { maxLength: 8 },
  )
  .map((pairs) => {
    const entries = pairs.map(([flag, setting]): [string, Setting] => [
      flag,
      setting.timer?.then === setting.value ? { ...setting, timer: null } : setting,
    ]);
    return new Map(entries);
  });

describe('settings', () => {
  it('come back from what is stored as they were', () => {
    fc.assert(
      fc.property(settings, (before) => {
        const document = parseDocument(encodeDocument(before));
        if (typeof document === 'string') throw new Error(document);
        const after = settingsOf(document, encodeMetadata(before, { other: 1 }));
        expect(changedFlags(before, after)).toEqual([]);
        expect(fingerprint(after)).toBe(fingerprint(before));
      }),
    );
  });

  it('come back from a file as they are at that time', () => {
    fc.assert(
      fc.property(settings, (before) => {
        const stored = { settings: before, fingerprint: fingerprint(before) };
        const text = JSON.stringify(fileOf(stored, NOW));
        const file = parseFlagsFile(text, 'stdin', NOW);
        expect(changedFlags(resolved(before, NOW), file.settings)).toEqual([]);
        expect(file.fingerprint).toBe(fingerprint(before));
      }),
    );
  });

  it('have another fingerprint when they are not the same', () => {
    fc.assert(
      fc.property(settings, settings, (a, b) => {
        const isSame = changedFlags(a, b).length === 0;
        expect(fingerprint(a) === fingerprint(b)).toBe(isSame);
      }),
    );
  });
});
