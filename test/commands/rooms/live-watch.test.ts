/** `presence watch` and `rooms doc watch`: events in a pipe, a table in its place on a terminal. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { RunOptions } from '../../run.ts';
import { run } from '../../run.ts';
import { type LiveEngine, startLiveEngine } from './live-engine.ts';

const START = Date.UTC(2026, 5, 1, 12);
const EDGE = { GOBLIN_EDGE_URL: 'https://edge.test', GOBLIN_ADMIN_TOKEN: 'secret' };

interface Look {
  [room: string]: string[];
}

/** Runs `presence watch` on an edge that shows these looks, one after the other; null is a failure. */
async function watchLooks(looks: (Look | null)[], options: RunOptions & { line?: string } = {}) {
  const stop = new AbortController();
  const waits: number[] = [];
  const asked: string[] = [];
  const left = [...looks];
  let failures = 0;
  const time = new Date(START).toISOString();
  const ran = await run(options.line ?? 'presence watch', {
    now: START,
    ...options,
    env: { ...EDGE, ...options.env },
    signal: stop.signal,
    onSleep: (ms) => {
      waits.push(ms);
      if (left.length === 0) stop.abort();
    },
    fetch: async (url) => {
      asked.push(url);
      const look = left[0];
      if (look === null || look === undefined) {
        // The admin client repeats a failed request by itself, four times in all.
        if (++failures % 4 === 0) left.shift();
        return Response.json({ error: { code: 'unavailable', message: 'x' } }, { status: 503 });
      }
      left.shift();
      const rooms = Object.entries(look).map(([room, users]) => ({
        room,
        at: time,
        people: users.map((user_id) => ({ user_id, sockets: 1, since: time, last_active: time })),
      }));
      return Response.json({ version: 1, rooms });
    },
  });
  const lines = ran.stdout.split('\n').filter((line) => line.startsWith('{'));
  return { ...ran, waits, asked, events: lines.map((line) => JSON.parse(line)) };
}

const brief = ({ event, room, user_id }: Record<string, string>) =>
  [event, room, user_id].filter(Boolean).join(' ');

describe('presence watch', () => {
  it('tells in a pipe, as NDJSON, who is there and who comes and goes', async () => {
    const looks = [{ tea: ['ann', 'bob'] }, { tea: ['bob'], den: ['ann'] }, { den: ['ann'] }];
    const { code, events } = await watchLooks(looks);
    expect(events.map(brief)).toEqual([
      'here tea ann',
      'here tea bob',
      'joined den ann',
      'left tea ann',
      'left tea bob',
    ]);
    expect(events[0]).toMatchObject({ at: '2026-06-01T12:00:00.000Z', sockets: 1 });
    expect(code).toBe(130);
  });

  it('tells once that the edge is lost, waits longer each time, and goes on where it was', async () => {
    const looks = [{ tea: ['ann'] }, null, null, null, { tea: [] }];
    const line = 'presence watch --every 500ms';
    const { events, waits } = await watchLooks(looks, { line });
    expect(events.map(brief)).toEqual(['here tea ann', 'lost', 'left tea ann']);
    const requests = [125, 250, 500];
    expect(waits).toEqual([500, ...requests, 500, ...requests, 500, ...requests, 1000, 500]);
  });

  it('ends with the error where the first look fails', async () => {
    const { code, stdout, stderr } = await watchLooks([null]);
    expect([code, stdout]).toEqual([1, '']);
    expect(stderr).toContain('https://edge.test: x');
  });

  it('asks for what it is asked for, as often as it is asked to', async () => {
    const line = 'presence watch --room tea --user ann --every 5s';
    const { asked, waits } = await watchLooks([{}, {}], { line });
    expect(asked[0]).toMatch(/\?room=tea&user=ann$/);
    expect(waits).toEqual([5000, 5000]);
    expect((await watchLooks([{}], { line: 'presence watch --every 10ms' })).code).toBe(2);
  });

  it('draws on a terminal a table in its place', async () => {
    const looks = [{ tea: ['ann', '\u001b[2Jeve'] }, { tea: ['ann'] }, {}];
    const { stdout } = await watchLooks(looks, { tty: true, env: { NO_COLOR: '1' } });
    const [first = '', second = '', third = ''] = stdout.split(/(?=\u001b\[\d+F\u001b\[J)/);
    expect(first).toContain('\\x1b[2Jeve');
    expect(first.split('\n').at(-2)).toBe('2 people in 1 room. Ctrl-C ends.');
    // Header, two rows, and the line beneath.
    expect(second.startsWith('\u001b[4F\u001b[J')).toBe(true);
    expect(second).not.toContain('eve');
    expect(third).toBe('\u001b[3F\u001b[JNobody is in a room. Ctrl-C ends.\n');
  });

  it('keeps the last table on a terminal while the edge is lost', async () => {
    const options = { tty: true, env: { NO_COLOR: '1' }, columns: 60 };
    const { stdout } = await watchLooks([{ tea: ['ann'] }, null], options);
    const last = stdout.split('\u001b[J').at(-1) ?? '';
    expect(last).toMatch(/ann/);
    expect(last.split('\n').at(-2)).toMatch(/^https:..edge.test: x; trying again$/);
    for (const line of last.split('\n')) expect(line.length).toBeLessThan(60);
  });

  it('is a stream on a terminal, too, where a format is asked for', async () => {
    const { stdout } = await watchLooks([{ tea: ['ann'] }], {
      tty: true,
      line: 'presence watch -o csv',
    });
    expect(stdout).toMatch(/^at,event,room/);
  });
});

describe('rooms doc watch', () => {
  let engine: LiveEngine;
  beforeAll(async () => {
    engine = await startLiveEngine();
  });
  afterAll(() => engine.dispose());

  /** A watch and what it has written so far. */
  function start(line: string, options: RunOptions = {}) {
    const stop = new AbortController();
    let text = '';
    let wake = () => {};
    const stdout = {
      isTTY: options.tty ?? false,
      columns: 80,
      async write(chunk: string | Uint8Array) {
        text += Buffer.from(chunk).toString();
        wake();
      },
    };
    const ran = engine.goblin(line, { ...options, stdout, signal: stop.signal });
    return {
      async until(pattern: RegExp) {
        while (!pattern.test(text)) {
          await new Promise<void>((resolve) => {
            wake = resolve;
          });
        }
        return text;
      },
      async end() {
        stop.abort();
        return { code: (await ran).code, text };
      },
    };
  }

  const set = (room: string, field: string, json: string) =>
    engine.goblin(['rooms', 'doc', 'set', room, field, json]);

  it('tells the fields that are there, then each change', async () => {
    await set('desk', 'title', '"Newts"');
    await set('desk', 'gone', '1');
    await set('desk', 'gone', 'null');
    const watch = start('rooms doc watch desk');
    await watch.until(/"event":"ready"/);
    await set('desk', 'title', '"Toads"');
    await set('desk', 'title', 'null');
    await watch.until(/"deleted"/);
    const { code, text } = await watch.end();
    const events = text
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(events).toMatchObject([
      { event: 'field', field: 'title', value: 'Newts', version: 1, user: 'operator' },
      { event: 'ready', version: 3 },
      { event: 'field', field: 'title', value: 'Toads', version: 4 },
      { event: 'deleted', field: 'title', version: 5 },
    ]);
    expect(code).toBe(130);
  });

  it('draws the document in its place on a terminal', async () => {
    await set('wall', 'b', '2');
    const watch = start('rooms doc watch wall', { tty: true, env: { NO_COLOR: '1' } });
    await watch.until(/wall: 1 field\./);
    await set('wall', 'a', '1');
    const text = await watch.until(/wall: 2 fields\./);
    expect(text.split('\u001b[J').at(-1)).toMatch(/FIELD.*\na +1 .*\nb +2 .*\nwall: 2 fields/);
    await watch.end();
  });
});
