import type { Command } from 'commander';
import type { Context } from '../../context.ts';
import { GoblinError, unconfirmed, usageError } from '../../contract/errors.ts';
import { editDocument, roomDocument } from '../../edge/live.ts';
import type { Field, Json } from '../../live/document.ts';
import { MAX_FIELD, MAX_VALUE } from '../../live/protocol.ts';
import type { Column } from '../../output/columns.ts';
import { changing } from '../../plan/audit.ts';
import { clip } from '../../shards/summary.ts';
import { type Declare, describe, type Run } from '../command.ts';
import { openAdmin, parseRoom, parseUser } from './admin.ts';
import { declareWatch } from './doc-watch.ts';

const COLUMNS: readonly Column<Field>[] = [
  { name: 'field', kind: 'text', role: 'identifier' },
  { name: 'value', kind: 'json' },
  { name: 'version', kind: 'number' },
  { name: 'user', kind: 'text', role: 'secondary' },
  { name: 'at', kind: 'time' },
];

export const declare: Declare = (noun, run) => {
  const doc = noun
    .command('doc')
    .summary('the shared document of a room')
    .description('The shared document of a room: fields that everybody there sees and edits.')
    .helpCommand(false);
  declareGet(doc, run);
  declareSet(doc, run);
  declareWatch(doc, run);
};

function declareGet(doc: Command, run: Run): void {
  doc
    .command('get <room> [field]')
    .summary('the document, or one field')
    .description(
      describe('The fields of a room’s document, each with its version and last author.', [
        'goblin rooms doc get potions',
        'goblin rooms doc get potions title',
      ]),
    )
    .action((room: string, field?: string) => run(get, { room: parseRoom(room), field }));
}

function declareSet(doc: Command, run: Run): void {
  doc
    .command('set <room> <field> <json>')
    .summary('set a field, null to delete it')
    .description(
      describe(
        'Sets a field of a room’s document and shows it to everybody there. With --base it is set only if ' +
          'nobody has changed the field since that version.',
        [
          'goblin rooms doc set potions title \'"Newts"\'',
          'goblin rooms doc set potions stock 12 --base 41',
          'goblin rooms doc set potions draft null',
        ],
      ),
    )
    .option('--base <version>', 'the version that the edit builds on; 0 for none', parseVersion)
    .option('--as <user>', 'the author; `operator` where it is left out', parseUser)
    .action((room: string, field: string, json: string, flags: SetFlags) =>
      run(set, {
        ...flags,
        room: parseRoom(room),
        field: parseField(field),
        value: parseValue(json),
      }),
    );
}

interface GetOptions {
  room: string;
  field: string | undefined;
}

/** Shows the document. @throws {GoblinError} exit 3 where it lacks the field that is named */
export async function get(context: Context, { room, field }: GetOptions): Promise<void> {
  const fields = await roomDocument(await openAdmin(context), room);
  if (field === undefined) {
    await context.output.list(COLUMNS, fields, { empty: `The document of ${room} is empty.` });
    return;
  }
  const found = fields.find((each) => each.field === field);
  if (found) return context.output.one(COLUMNS, found);
  throw new GoblinError('notFound', 'no_field', `${room} has no field ${clip(field, MAX_FIELD)}`, {
    hint: `\`goblin rooms doc get\` with the room alone shows its fields.`,
  });
}

interface SetFlags {
  base?: number;
  as?: string;
}

interface SetOptions extends SetFlags {
  room: string;
  field: string;
  value: Json;
}

/** Sets a field. @throws {GoblinError} exit 1, `conflict`, where somebody has changed it since `base` */
export async function set(context: Context, options: SetOptions): Promise<void> {
  const { room, field, value, base, as } = options;
  const admin = await openAdmin(context);
  context.refuseReadOnly(`cannot edit the document of ${room}`);
  const edit = { field, value, base, user_id: as };
  const edited = await changing(context, { target: room, details: { field, as } }, () =>
    editDocument(admin, room, edit).catch((error) => {
      throw unconfirmed(error);
    }),
  );
  if (edited.isStored) return context.output.one(COLUMNS, edited.field);
  const { version, user } = edited.field;
  const message = `${user || 'somebody'} has changed ${field}: it has version ${version} now`;
  throw new GoblinError('failed', 'conflict', message, {
    hint: 'Look at it with `goblin rooms doc get`, and name that version as --base.',
  });
}

function parseVersion(text: string): number {
  if (/^\d{1,15}$/.test(text)) return Number(text);
  throw usageError('bad_number', `"${text}" is not a valid version`, 'Write it as 41, or 0.');
}

function parseField(text: string): string {
  if (text !== '' && text.length <= MAX_FIELD) return text;
  const message = `"${clip(text, MAX_FIELD)}" is not a valid name of a field`;
  throw usageError('bad_field', message, `A name has 1 to ${MAX_FIELD} characters.`);
}

function parseValue(text: string): Json {
  if (text.length > MAX_VALUE) {
    throw usageError(
      'bad_value',
      'the value is too long',
      `It has ${MAX_VALUE} characters at most.`,
    );
  }
  try {
    return JSON.parse(text) as Json;
  } catch {
    const hint = 'Quote a text twice: \'"like this"\'.';
    throw usageError('bad_value', `"${clip(text, 60)}" is not valid JSON`, hint);
  }
}
