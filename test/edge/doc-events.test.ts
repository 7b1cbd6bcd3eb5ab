import { expect, it } from 'vitest';
import { docEvents } from '../../src/edge/doc-events.ts';
import { RoomClient } from '../../src/live/client.ts';
import type { Json } from '../../src/live/document.ts';
import type { ServerFrame } from '../../src/live/protocol.ts';

const field = (name: string, version: number, value: Json) => ({
  ...{ field: name, version, value },
  ...{ user: 'ann', client: 'c', n: version, at: version },
});

const fields = (after: number, upto: number, ...list: ReturnType<typeof field>[]): ServerFrame => ({
  type: 'fields',
  after,
  upto,
  fields: list,
});

const welcome = (epoch: string, doc: number): ServerFrame => ({
  ...{ type: 'welcome', version: 1, room: 'r', user: 'op' },
  ...{ epoch, mark: 0, seq: 0, doc, from: 0 },
});

const people: ServerFrame = { type: 'presence', people: [] };

function told(frames: ServerFrame[]): string[] {
  const events = docEvents(new RoomClient('c'), () => 9);
  return frames
    .flatMap((frame) => [...events(frame, () => {})])
    .map(({ event, field: name = '', value = '' }) => `${event} ${name} ${value}`.trim());
}

it('tells each version once, however often it comes', () => {
  const edit = fields(1, 2, field('a', 2, 'new'));
  const start = [welcome('e', 1), fields(0, 1, field('a', 1, 'old')), people];
  expect(told([...start, edit, edit, ...start])).toEqual([
    'field a old',
    'ready',
    'field a new',
    'ready',
  ]);
});

it('tells what changed while the connection was lost, deletions included', () => {
  const frames = [
    ...[welcome('e', 2), fields(0, 2, field('a', 1, 1), field('b', 2, 2)), people],
    ...[welcome('e', 4), fields(2, 4, field('a', 3, null), field('c', 4, 4)), people],
  ];
  expect(told(frames)).toEqual([
    ...['field a 1', 'field b 2', 'ready'],
    ...['deleted a', 'field c 4', 'ready'],
  ]);
});

it('tells that fields are gone whose deletion mark the room has dropped, or that were erased', () => {
  const start = [welcome('e', 2), fields(0, 2, field('a', 1, 1), field('b', 2, 2)), people];
  const whole = [welcome('e', 9), fields(0, 9, field('b', 2, 2)), people];
  const erased = [welcome('f', 0), people];
  expect(told([...start, ...whole, ...erased]).slice(3)).toEqual([
    ...['deleted a', 'ready'],
    ...['deleted b', 'ready'],
  ]);
});

it('says nothing of fields that were deleted before it came', () => {
  expect(told([welcome('e', 2), fields(0, 2, field('a', 2, null)), people])).toEqual(['ready']);
});
