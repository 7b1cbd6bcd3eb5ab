import type { Context } from '../../context.ts';
import { usageError } from '../../contract/errors.ts';
import { describeRoom, kick as kickFrom } from '../../edge/live.ts';
import type { Column } from '../../output/columns.ts';
import { addPlanOptions, carryOut, type PlanFlags } from '../../plan/plan.ts';
import { parseDuration } from '../../text/durations.ts';
import { type Declare, describe } from '../command.ts';
import { openAdmin, parseRoom, parseUser } from './admin.ts';
import { liveStep } from './live-step.ts';

interface Flags extends PlanFlags {
  /** Milliseconds. */
  for: number;
}

interface Options extends Flags {
  room: string;
  users: readonly string[];
}

interface Kick {
  room: string;
  user_id: string;
  /** Open now. */
  sockets: number;
  out_for: number;
}

const COLUMNS: readonly Column<Kick>[] = [
  { name: 'room', kind: 'text', role: 'identifier' },
  { name: 'user_id', kind: 'text', role: 'identifier' },
  { name: 'sockets', kind: 'number' },
  { name: 'out_for', kind: 'seconds' },
];

const DEFAULT_MS = 600_000;
const LONGEST_MS = 30 * 86_400_000;

export const declare: Declare = (noun, run) => {
  const command = noun
    .command('kick <room> <user...>')
    .summary('send users out of a room for a while')
    .description(
      describe(
        'Closes the sockets of users in a room and lets them in again only after a time. It holds for users ' +
          'who are not there now, too; their sessions and other rooms are left alone.',
        [
          'goblin rooms kick potions u_42',
          'goblin rooms kick potions u_42 u_43 --for 1d --yes',
          'goblin rooms kick potions u_42 --for 0s     # disconnects only',
        ],
      ),
    )
    .option('--for <duration>', 'how long they stay out (0s to 30d)', parseKick, DEFAULT_MS)
    .action((room: string, users: string[], flags: Flags) => {
      const each = [...new Set(users.map(parseUser))];
      return run(kick, { ...flags, room: parseRoom(room), users: each });
    });
  addPlanOptions(command);
};

export async function kick(context: Context, options: Options): Promise<void> {
  const { room, users } = options;
  const admin = await openAdmin(context);
  const { people } = await describeRoom(admin, room);
  const socketsOf = new Map(people.map(({ user, sockets }) => [user, sockets]));
  const seconds = Math.round(options.for / 1000);
  const changes = users.map((user_id) => {
    const row: Kick = { room, user_id, sockets: socketsOf.get(user_id) ?? 0, out_for: seconds };
    return { id: user_id, row };
  });
  const send = (user_id: string) => kickFrom(admin, room, { user_id, seconds });
  await carryOut(
    context,
    {
      verb: ['kick', 'kicked'],
      noun: ['user', 'users'],
      columns: COLUMNS,
      steps: [liveStep(changes, send)],
    },
    options,
  );
}

function parseKick(text: string): number {
  const ms = /^0[a-z]*$/.test(text) ? 0 : parseDuration(text);
  if (ms <= LONGEST_MS) return ms;
  throw usageError('bad_duration', `nobody can be kept out for ${text}`, 'For 0s to 30d.');
}
