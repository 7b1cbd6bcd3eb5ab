import { expect, it } from 'vitest';
import { type Context, createContext } from '../../src/context.ts';
import { carryOut, type Plan } from '../../src/plan/plan.ts';
import { fakeIo } from '../io.ts';

const plan: Plan<{ key: string }> = {
  verb: ['delete', 'deleted'],
  noun: ['key', 'keys'],
  columns: [{ name: 'key', kind: 'text' }],
  keys: [{ key: 'a', row: { key: 'a' } }],
  severe: 'GOBLIN_KV',
};

it('asks for a word, not for a yes, before it takes everything', async () => {
  const asked: string[] = [];
  const io = fakeIo({ tty: true });
  const around = {
    io,
    signal: new AbortController().signal,
    now: () => 0,
    sleep: async () => {},
    random: () => 0,
    deadline: AbortSignal.timeout,
    fetch,
  };
  const context: Context = {
    ...createContext(around, { color: false }),
    announceTarget: async () => {},
    prompt: async () => ({
      confirm: async () => true,
      confirmByTyping: async (question, word) => {
        asked.push(question, word);
        return false;
      },
    }),
  };
  await expect(carryOut(context, plan, {})).rejects.toMatchObject({ outcome: 'unconfirmed' });
  expect(asked).toEqual(['Delete 1 key?', 'GOBLIN_KV']);
  expect(io.stdout.text).toBe('');
});
