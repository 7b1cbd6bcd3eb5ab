import { expect, it } from 'vitest';
import { killRounds } from './kills.ts';

it('kill -9 loses nothing that was acknowledged, stores nothing twice, and keeps one order', async () => {
  const { acknowledged, lost, twice, orders, gaps, pruned } = await killRounds(3);
  expect({ lost, twice, gaps }).toEqual({ lost: [], twice: [], gaps: 0 });
  expect(acknowledged).toBeGreaterThan(400);
  expect(pruned).toBeGreaterThan(0);
  const [first = []] = orders;
  for (const order of orders)
    expect(order.slice(-first.length)).toEqual(first.slice(-order.length));
});
