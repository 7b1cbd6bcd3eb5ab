import { addFieldsOption, type FieldsFlag } from '../../arguments/fields.ts';
import type { Context } from '../../context.ts';
import { GoblinError } from '../../contract/errors.ts';
import type { Column, Tone } from '../../output/columns.ts';
import { type Declare, describe } from '../command.ts';
import { apiChecks } from './api-checks.ts';
import type { Check, Finding, Status } from './check.ts';
import { dataChecks } from './data-checks.ts';
import { edgeChecks } from './edge-checks.ts';
import { machineChecks } from './machine-checks.ts';
import { schemaChecks } from './schema-checks.ts';

interface CheckRow extends Finding {
  check: string;
}

const TONES: Readonly<Record<Status, Tone>> = {
  ok: 'good',
  warning: 'care',
  failed: 'bad',
  skipped: 'quiet',
};

const COLUMNS: readonly Column<CheckRow>[] = [
  { name: 'check', kind: 'text', role: 'identifier' },
  { name: 'status', kind: 'text', fixed: true, tone: (status) => TONES[status] },
  { name: 'detail', kind: 'text' },
  { name: 'fix', kind: 'text' },
];

export const declare: Declare = (noun, run) => {
  addFieldsOption(noun, COLUMNS)
    .description(
      describe(
        'Checks this machine, the way to Cloudflare, and what is stored, and says how to fix what is wrong. It ' +
          'changes nothing. With GOBLIN_ADMIN_TOKEN (the Worker’s ADMIN_TOKEN) it also asks the edge: ' +
          'which variables are not valid, and what it dropped.',
        [
          'goblin doctor',
          'goblin doctor --env production --json',
          'goblin doctor --local',
          'GOBLIN_ADMIN_TOKEN=… goblin doctor --edge https://edge.example.com',
        ],
      ),
    )
    .action((options: FieldsFlag<CheckRow>) => run(doctor, options));
};

/** In this order: each may rely on those before it. */
const CHECKS: readonly Check[] = [
  ...machineChecks,
  ...apiChecks,
  ...schemaChecks,
  ...dataChecks,
  ...edgeChecks,
];

/** Runs every check that can be run. @throws {GoblinError} exit 8 where one failed */
export async function doctor(context: Context, { fields }: FieldsFlag<CheckRow>): Promise<void> {
  const found = new Map<string, Status>();
  const rows: CheckRow[] = [];
  for (const check of CHECKS) {
    const finding = await examine(context, check, found);
    found.set(check.name, finding.status);
    rows.push({ check: check.name, ...finding });
  }
  await context.output.list(fields ?? COLUMNS, rows);
  const wrong = CHECKS.filter(({ name }) => found.get(name) === 'failed').map(({ name }) => name);
  if (wrong.length === 0) return;
  const message = `${wrong.length} of ${CHECKS.length} checks failed: ${wrong.join(', ')}`;
  // In full, as a narrow table cuts it; the first failure is often the cause of the others.
  const { check, fix } = rows.find(({ status }) => status === 'failed') ?? {};
  const hint = fix === undefined ? undefined : `${check}: ${fix}`;
  throw new GoblinError('difference', 'checks_failed', message, { hint });
}

async function examine(
  context: Context,
  { needs = [], run }: Check,
  found: ReadonlyMap<string, Status>,
): Promise<Finding> {
  const missing = needs.find((name) =>
    ['failed', 'skipped'].includes(found.get(name) ?? 'skipped'),
  );
  if (missing !== undefined) return { status: 'skipped', detail: `needs ${missing}` };
  try {
    return await run(context);
  } catch (error) {
    if (!(error instanceof GoblinError) || error.outcome === 'interrupted') throw error;
    return { status: 'failed', detail: error.message, fix: error.hint };
  }
}
