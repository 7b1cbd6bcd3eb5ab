import type { Context } from '../../context.ts';
import { rateLimit } from '../../shards/ratelimit.ts';
import { readNamed } from '../../stores/records.ts';
import { type Declare, describe } from '../command.ts';
import { parseIp } from '../parse.ts';
import { addPlanOptions, carryOut, type PlanFlags } from '../plan.ts';

interface Options extends PlanFlags {
  ips: string[];
}

export const declare: Declare = (noun, run) => {
  const command = noun
    .command('reset <ip...>')
    .summary('let addresses through again')
    .description(
      describe('Deletes the buckets of addresses, so that their requests pass again.', [
        'goblin ratelimit reset 203.0.113.9',
        'goblin ratelimit reset 203.0.113.9 2001:db8::1 --yes',
      ]),
    )
    .action((ips: string[], flags: PlanFlags) => run(reset, { ...flags, ips: ips.map(parseIp) }));
  addPlanOptions(command);
};

/** Deletes the buckets of the addresses that have one. */
export async function reset(context: Context, { ips, ...flags }: Options): Promise<void> {
  const kv = await context.kv();
  const { found, absent } = await readNamed(
    kv,
    rateLimit,
    [...new Set(ips)].map((ip) => ({ ip })),
  );
  await carryOut(
    context,
    {
      verb: ['reset', 'reset'],
      noun: ['bucket', 'buckets'],
      columns: rateLimit.columns.filter(({ name }) => name === 'ip' || name === 'count'),
      keys: found,
      absent,
    },
    flags,
  );
}
