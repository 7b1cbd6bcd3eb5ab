import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { follow, OVERLAP_MS } from '../../../src/commands/events/follow.ts';
import type { KvStore } from '../../../src/kv/namespace.ts';
import { eventSources } from '../../../src/kv/ranges/events.ts';
import type { KvEntry } from '../../../src/shards/kv-key.ts';
import { security } from '../../../src/shards/security.ts';
import { fakeList } from '../../kv/ranges/fake-list.ts';

const START = Date.UTC(2026, 2, 14, 15, 9, 26, 535);
const LENGTH = 600_000;

/** Events of ten minutes, each listed some time after it happened, and readable some time after that. */
const events = fc.array(
  fc.record({
    at: fc.integer({ min: START, max: START + LENGTH }),
    listedAfter: fc.integer({ min: -30_000, max: OVERLAP_MS / 2 }),
    readableAfter: fc.integer({ min: 0, max: OVERLAP_MS / 4 }),
  }),
  { maxLength: 30 },
);

const silent = { note: async () => {}, warn: async () => {} };

describe('follow', () => {
  it('gives every event once, however late it is shown, and each batch in order of time', async () => {
    await fc.assert(
      fc.asyncProperty(events, async (happening) => {
        let clock = START;
        const named = happening.map(({ at, listedAfter, readableAfter }, i) => ({
          name: `security:${at}:203.0.113.${i}`,
          at,
          listed: at + listedAfter,
          readable: at + listedAfter + readableAfter,
        }));
        const list = fakeList([], {
          onRequest: (names) => {
            const listed = named.filter((each) => each.listed <= clock).map(({ name }) => name);
            names.splice(0, names.length, ...listed);
          },
        });
        const entries = () =>
          named
            .filter(({ readable }) => readable <= clock)
            .map(({ name }): [string, KvEntry<string>] => [
              name,
              { name, value: '{"event_type":"x"}', metadata: null, expiration: null },
            ]);
        const kv = { ...list.kv, getMany: async () => new Map(entries()) } as unknown as KvStore;

        const given: string[][] = [];
        const source = {
          sources: eventSources(kv, [security]),
          test: { keepId: () => true, keepRow: () => true, now: START },
        };
        const around = {
          now: () => clock,
          sleep: async (ms: number) => {
            clock += ms;
          },
          signal: new AbortController().signal,
          log: silent as never,
        };
        const until = START + LENGTH + OVERLAP_MS;
        const options = { from: START, looked: START, seen: [], until, onPause: async () => {} };
        for await (const batch of follow(around, source, options)) {
          given.push(batch.map(({ key }) => key));
        }
        expect(given.flat().sort()).toEqual(named.map(({ name }) => name).sort());
        for (const batch of given) {
          expect(batch).toEqual(
            [...batch].sort((a, b) => a.slice(0, 22).localeCompare(b.slice(0, 22))),
          );
        }
      }),
      { numRuns: 30 },
    );
  });
});
