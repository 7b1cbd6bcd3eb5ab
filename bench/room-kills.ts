/**
 * `kill -9` of the engine under load, with resends and pruning on, 100 times or as often as is said.
 * `npm run bench:kills [-- <rounds>]`.
 */
import { killRounds } from '../test/sockets/kills.ts';
import { verdict } from './figures.ts';

const rounds = Number(process.argv[2] ?? 100);
const { acknowledged, lost, twice, orders, gaps, pruned } = await killRounds(rounds);
console.log(
  `${rounds} kills: ${acknowledged} messages acknowledged, ${pruned} pruned, ${gaps} gaps`,
);
verdict(`${lost.length} acknowledged messages lost`, lost.length === 0);
verdict(`${twice.length} stored twice`, twice.length === 0);
const shortest = Math.min(...orders.map(({ length }) => length));
const tails = orders.map((order) => order.slice(-shortest).join('\n'));
verdict('one order for all', new Set(tails).size === 1);
