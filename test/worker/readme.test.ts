import { expect, it } from 'vitest';
import readme from '../../README.md?raw';
import { listed, newAddress, newEdge } from './edge.ts';

interface Fields {
  event_type: string;
  reason: string;
}

it('writes the events that the README shows', async () => {
  const [, block = ''] = /^```\n\$ goblin security tail[^\n]*\n([\s\S]*?)^```$/m.exec(readme) ?? [];
  const shown = [...block.matchAll(/^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d +\S+ +(\w+) +(.+)$/gm)];
  expect(shown.length).toBeGreaterThan(1);

  const { visit, settled } = await newEdge();
  const [busy, stranger] = [newAddress(), newAddress()];
  for (let i = 0; i <= 100; i++) await visit('/health', { ip: busy });
  const headers = { authorization: 'Bearer stolen' };
  await visit('/chat', { method: 'POST', ip: stranger, headers });
  await settled();

  const written = (await listed<Fields>('security:')).map(({ metadata }) => [
    metadata?.event_type,
    metadata?.reason,
  ]);
  for (const [, type, reason] of shown) expect(written).toContainEqual([type, reason]);
});
