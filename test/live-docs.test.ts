import { readFileSync } from 'node:fs';
import { parse } from 'smol-toml';
import { describe, expect, it } from 'vitest';
import {
  CLOSE,
  isFinalClose,
  MAX_FIELD,
  MAX_FRAME,
  MAX_TEXT,
  MAX_VALUE,
} from '../src/live/protocol.ts';
import {
  FRAMES_PER_SECOND,
  HISTORY,
  MAX_FIELDS,
  MAX_ROOMS,
  MAX_SOCKETS,
  MAX_USER_SOCKETS,
} from '../worker/live/src/room/limits.ts';

const protocol = readFileSync('worker/live/PROTOCOL.md', 'utf8');
const readme = readFileSync('worker/live/README.md', 'utf8');
const code = readFileSync('src/live/protocol.ts', 'utf8');

describe('PROTOCOL.md', () => {
  it('has every close code, and whether it is final', () => {
    const rows = [...protocol.matchAll(/^\| (4\d{3}) \| (final|resume) \|/gm)];
    expect(rows.map(([, number, kind]) => `${number} ${kind}`)).toEqual(
      Object.values(CLOSE).map(
        (number) => `${number} ${isFinalClose(number) ? 'final' : 'resume'}`,
      ),
    );
  });

  it('has every type of frame', () => {
    const types = new Set([...code.matchAll(/type: '(\w+)'/g)].map(([, type]) => type));
    const rows = new Set([...protocol.matchAll(/^\| `(\w+)` \|/gm)].map(([, type]) => type));
    expect([...rows].sort()).toEqual([...types].sort());
  });

  it('has the limits as they are', () => {
    const numbers = new Set(protocol.replaceAll(/(\d),(\d)/g, '$1$2').match(/\d+/g));
    const limits = [MAX_FRAME, MAX_TEXT, MAX_VALUE, MAX_FIELD, MAX_FIELDS, MAX_SOCKETS];
    for (const limit of [...limits, MAX_USER_SOCKETS, MAX_ROOMS, HISTORY, FRAMES_PER_SECOND]) {
      expect(numbers).toContain(`${limit}`);
    }
  });
});

describe("the live Worker's variables", () => {
  const { vars } = parse(readFileSync('worker/live/wrangler.toml', 'utf8')) as {
    vars: Record<string, string>;
  };

  it('stand in wrangler.toml and in the README with their defaults', () => {
    const defaults = { ROOM_FRAMES_PER_SECOND: FRAMES_PER_SECOND, ROOM_HISTORY: HISTORY };
    expect(vars).toEqual(
      Object.fromEntries(Object.entries(defaults).map(([name, value]) => [name, `${value}`])),
    );
    for (const [name, value] of Object.entries(defaults)) {
      expect(readme).toContain(`| \`${name}\` | ${value} |`);
    }
  });
});
