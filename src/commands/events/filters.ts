/** Which events an operator wants to see, beside when they happened. */
import { type Command, Option } from 'commander';
import { addressTest, parseAddress } from '../../arguments/address.ts';
import { offering } from '../../arguments/offered.ts';
import { usageError } from '../../contract/errors.ts';
import type { EventRow } from '../../kv/ranges/events.ts';
import type { Shown } from '../../output/columns.ts';
import type { EventId } from '../../shards/event-key.ts';
import { suggest } from '../../text/nearest.ts';
import { type EventKind, isOldType } from './kinds.ts';

export interface Filters {
  /** Addresses, CIDR ranges and `unknown`, any of which may fit; the same goes for the other lists. */
  ip?: readonly string[];
  type?: readonly string[];
  path?: readonly string[];
  method?: readonly string[];
  grep?: RegExp;
  exclude?: RegExp;
}

/** Characters of an event that a pattern looks at: more than the edge writes, and an end to slow patterns. */
const MOST_TEXT = 4096;

/** What Tab offers for `--method`; any other is taken too. */
const METHODS = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'HEAD', 'OPTIONS'];

const listOf =
  (parse: (text: string) => string) =>
  (text: string, before: readonly string[] = []): string[] => [
    ...before,
    ...text.split(',').map(parse),
  ];

export function addFilterOptions(command: Command, kind: EventKind): Command {
  command
    .option(
      '--ip <address>',
      'from this address or CIDR range; more than once for any of them',
      listOf(parseAddress),
    )
    .addOption(typeOption(kind));
  if (kind.hasRequests) {
    const method = new Option('--method <method>', 'of an HTTP method');
    command
      .option('--path <glob>', "of a path: '/models', '/api/**'", listOf(String))
      .addOption(
        offering(method.argParser(listOf((word) => word.toUpperCase())), METHODS, { isList: true }),
      );
  }
  return command
    .option(
      '--grep <regex>',
      'with this in any field; ignores case unless it has upper case',
      parsePattern,
    )
    .option('--exclude <regex>', 'without this in any field', parsePattern);
}

function typeOption(kind: EventKind): Option {
  const option = new Option('--type <event_type>', 'of this type; more than once for any of them');
  const parser = option.argParser(listOf((word) => parseType(word, kind)));
  return offering(parser, kind.types, { isList: true });
}

/**
 * A type that some Worker writes. Any other is refused: a slip would find no event, and `--exit-code` would take
 * that for good news.
 */
function parseType(word: string, { types }: EventKind): string {
  if (types.includes(word) || isOldType(word)) return word;
  throw usageError('unknown_type', `no event has the type "${word}"`, suggest(word, types));
}

/** A pattern, blind to case where it has no upper case, as in `journalctl --grep`. */
export function parsePattern(text: string): RegExp {
  try {
    return new RegExp(text, /\p{Lu}/u.test(text.replace(/\\./g, '')) ? '' : 'i');
  } catch (cause) {
    const why = cause instanceof Error ? cause.message.replace(/^.*: /, '') : '';
    throw usageError(
      'bad_regex',
      `"${text}" is not a valid regular expression: ${why}`,
      'Write . * + ? ( ) [ ] as \\. and so on where they stand for themselves.',
    );
  }
}

/** Whether the event behind a key may be wanted. */
export function idTest({ ip }: Filters): (id: EventId) => boolean {
  if (ip === undefined) return () => true;
  const fits = addressTest(ip);
  return (id) => fits(id.ip);
}

/** Whether nothing but the key is asked, so that no value has to be read. */
export const asksKeyOnly = ({ type, path, method, grep, exclude }: Filters): boolean =>
  [type, path, method, grep, exclude].every((filter) => filter === undefined);

type RowTest = (row: Shown<EventRow>) => boolean;

/** Whether the record of an event is wanted. */
export async function rowTest({ type, path, method, grep, exclude }: Filters): Promise<RowTest> {
  const tests: RowTest[] = [];
  if (type) tests.push(({ event_type = '' }) => type.includes(event_type));
  if (method) tests.push((row) => method.includes(row.method?.toUpperCase() ?? ''));
  if (path) {
    const { default: picomatch } = await import('picomatch');
    const fits = picomatch([...path], { dot: true });
    tests.push((row) => row.path != null && fits(row.path));
  }
  if (grep) tests.push((row) => grep.test(textOf(row)));
  if (exclude) tests.push((row) => !exclude.test(textOf(row)));
  return (row) => tests.every((test) => test(row));
}

function textOf({ ip, event_type, method, path, reason, problem }: Shown<EventRow>): string {
  const parts = [ip, event_type, method, path, reason, problem].filter((part) => part != null);
  return parts.join(' ').slice(0, MOST_TEXT);
}
