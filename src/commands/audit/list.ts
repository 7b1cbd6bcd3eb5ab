import { addFieldsOption, type FieldsFlag } from '../../arguments/fields.ts';
import { parseCount } from '../../arguments/parse.ts';
import type { Context } from '../../context.ts';
import type { AuditRow } from '../../tables/audit.ts';
import { type Declare, describe } from '../command.ts';
import { AUDIT_COLUMNS, type AuditFlags, addAuditFilters, auditRows, filterOf } from './query.ts';

interface Options extends AuditFlags, FieldsFlag<AuditRow> {
  count: number;
  before?: number;
}

const ROWS = 50;

export const declare: Declare = (noun, run) => {
  const command = noun
    .command('list')
    .summary('changes, the newest first')
    .description(
      describe(
        'Lists who changed what, the newest first. --actor chooses by who it was; --before goes on where a list ' +
          'ended. Each costs about as many rows read as it shows.',
        [
          'goblin audit list --since 24h --action sessions.revoke -n 50',
          'goblin audit list --actor alice --target feature_flags',
          'goblin audit list --before 1764000000000000 -o ndjson',
        ],
      ),
    );
  addAuditFilters(command)
    .option('-n, --count <n>', 'at most n', parseCount, ROWS)
    .option('--before <id>', 'only those older than the entry with this id', parseCount);
  addFieldsOption(command, AUDIT_COLUMNS).action((flags: Options) => run(list, flags));
};

/** Lists entries by keyset pages, and says where the next list would begin. */
export async function list(context: Context, options: Options): Promise<void> {
  const filter = filterOf({ ...options, ...actorFilter(context) }, context.now());
  const database = await context.database();
  let last: number | undefined;
  async function* rows(): AsyncGenerator<AuditRow> {
    const page = { ...filter, limit: options.count, before: options.before };
    for await (const row of auditRows(database, page)) {
      last = row.id;
      yield row;
    }
  }
  const shown = await context.output.list(options.fields ?? AUDIT_COLUMNS, rows(), {
    empty: 'No entry of the audit log fits.',
  });
  if (shown < options.count || last === undefined) return;
  await context.log.note(`There may be more: --before ${last} goes on.`);
}

/** `--actor`, which in these commands chooses entries. */
export function actorFilter({ actorOption }: Context): Pick<AuditFlags, 'actor'> {
  return actorOption === undefined ? {} : { actor: actorOption };
}
