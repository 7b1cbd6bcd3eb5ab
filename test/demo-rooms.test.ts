/** The scenes of `npm run demo` about the live memory, on the engine and the command lines of the tests. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { playLimit, playRooms } from '../scripts/demo-rooms.js';
import { type LiveEngine, startLiveEngine } from './commands/rooms/live-engine.ts';

let engine: LiveEngine;
beforeAll(async () => {
  engine = await startLiveEngine();
});
afterAll(() => engine.dispose());

it('shows two people, one who resumes, and an operator who watches and kicks', async () => {
  const lines: string[] = [];
  const outputs = new Map<string, string>();
  const goblin = async (line: string) => {
    const { code, stdout, stderr } = await engine.goblin(line);
    expect([line, code, stderr]).toEqual([line, 0, expect.anything()]);
    outputs.set(line.split(' ').slice(0, 2).join(' '), stdout);
  };
  const tokens = [await engine.logIn('u_42'), await engine.logIn('u_43')];
  const edge = String(engine.edgeUrl);
  await playRooms({ edge, tokens, goblin, say() {}, print: (line) => lines.push(line.trim()) });
  expect(lines).toEqual([
    'u_42: Has anybody seen the newts?',
    'u_43: Gone. Take toads.',
    'u_42 sets animal to "newt": version 1',
    'u_43 sets animal to "toad": version 2',
    'u_42: Toads it is.',
    'u_42: How many?',
    'u_43 gets now: u_42: Toads it is.',
    'u_43 gets now: u_42: How many?',
    'u_43: Three dozen!',
    'the socket of u_43 was closed with 4003; it cannot come back for ten minutes',
  ]);
  expect(outputs.get('rooms watch')).toMatch(/newts\?.*toads\..*it is.*many\?.*Three dozen!/s);
  expect(outputs.get('presence list')).toMatch(/u_42.*u_43/s);
  expect(outputs.get('rooms doc')).toContain('toad');
});

it('lets exactly 100 requests pass', async () => {
  const lines: string[] = [];
  const headers = { 'CF-Connecting-IP': '203.0.113.9' };
  const statusOf = async () => {
    const response = await fetch(`${engine.edgeUrl}/health`, { headers });
    await response.arrayBuffer();
    return response.status;
  };
  const client = '203.0.113.9';
  await playLimit({ count: 130, statusOf, client, print: (line) => lines.push(line) });
  expect(lines).toEqual(['  203.0.113.9 sent 130 requests: 100 passed, 30 got 429.']);
});
