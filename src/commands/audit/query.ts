/** What the audit commands have in common: filters, columns, pages. */
import type { Command } from 'commander';
import { usageError } from '../../contract/errors.ts';
import type { D1Database } from '../../d1/database.ts';
import type { Column } from '../../output/columns.ts';
import {
  type AuditFilter,
  type AuditPage,
  type AuditRow,
  auditRow,
  listAudit,
} from '../../tables/audit.ts';
import { parseInstant } from '../../text/durations.ts';

export interface AuditFlags {
  actor?: string;
  action?: string;
  target?: string;
  /** As typed: `1h` means another instant in each run. */
  since?: string;
  until?: string;
}

export const AUDIT_COLUMNS: readonly Column<AuditRow>[] = [
  { name: 'timestamp', kind: 'time', startWidth: 20 },
  { name: 'actor', kind: 'text', role: 'identifier', startWidth: 16 },
  { name: 'action', kind: 'text', fixed: true, startWidth: 16 },
  { name: 'target', kind: 'text', role: 'identifier', startWidth: 16 },
  {
    name: 'outcome',
    kind: 'text',
    fixed: true,
    startWidth: 7,
    tone: (outcome) => (['failed', 'partial', 'unknown'].includes(outcome) ? 'bad' : undefined),
  },
  { name: 'source', kind: 'text', role: 'secondary', fixed: true, startWidth: 6 },
  { name: 'details', kind: 'json', role: 'secondary', startWidth: 20 },
  { name: 'ip', kind: 'text', machineOnly: true },
  { name: 'user_agent', kind: 'text', machineOnly: true },
  { name: 'id', kind: 'number', machineOnly: true },
];

/** Rows of one statement at most, so that an answer stays small. */
const PAGE = 1000;

/**
 * Declares the filters. `--actor` is an option of every command, which says who makes a change; here it chooses.
 */
export function addAuditFilters(command: Command): Command {
  return command
    .option('--action <name>', 'of this action: flags.set, sessions.revoke')
    .option('--target <name>', 'about this user, key, handle or flag')
    .option('--since <time>', 'from then on: 15m, 7d, yesterday, 2026-01-31T12:00Z', checkedTime)
    .option('--until <time>', 'before then, in the same forms', checkedTime);
}

/** A time as it was typed. @throws {GoblinError} `bad_time`, exit 2 */
export function checkedTime(text: string): string {
  parseInstant(text, 0);
  return text;
}

/** @throws {GoblinError} `empty_window`, exit 2 */
export function filterOf(
  { actor, action, target, ...times }: AuditFlags,
  now: number,
): AuditFilter {
  const at = (text: string | undefined) =>
    text === undefined ? undefined : parseInstant(text, now);
  const [since, until] = [at(times.since), at(times.until)];
  if (since !== undefined && until !== undefined && since >= until) {
    throw usageError(
      'empty_window',
      'the window ends before it begins',
      'Let --since be earlier than --until.',
    );
  }
  return { actor, action, target, since, until };
}

/** Up to `count` rows, newest first (oldest first with `after`), each page from where the one before ended. */
export async function* auditRows(
  database: D1Database,
  { limit: count, ...page }: AuditPage,
): AsyncGenerator<AuditRow> {
  const isRising = page.after !== undefined;
  let { before, after } = page;
  for (let left = count; left > 0; ) {
    const limit = Math.min(PAGE, left);
    const { sql, params } = listAudit({ ...page, before, after, limit });
    const { rows } = await database.query(sql, params);
    yield* rows.map(auditRow);
    const last = Number(rows.at(-1)?.id);
    if (isRising) after = last;
    else before = last;
    left -= limit;
    if (rows.length < limit) return;
  }
}
