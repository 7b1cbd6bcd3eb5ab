import { usageError } from '../contract/errors.ts';
import type { Table } from './parse-file.ts';

/** A table of a configuration file and how errors name it: `worker/wrangler.toml [env.staging]`. */
export interface Section {
  values: Table;
  where: string;
}

function kindOf(value: unknown): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'a list';
  return typeof value === 'object' ? 'a table' : `a ${typeof value}`;
}

function wrongType(section: Section, field: string, wanted: string, value: unknown) {
  const message = `${field} in ${section.where} has to be ${wanted}, but is ${kindOf(value)}`;
  return usageError('broken_config', message, 'Correct the file, or name another with --config.');
}

/** Own fields only: a file may well name a field `constructor` or `__proto__`. */
export function field({ values }: Section, name: string): unknown {
  return Object.hasOwn(values, name) ? values[name] : undefined;
}

/** Text, or undefined where the field is absent or empty. Throws `broken_config`. */
export function text(section: Section, name: string): string | undefined {
  const value = field(section, name);
  if (value === undefined || value === '') return undefined;
  if (typeof value !== 'string') throw wrongType(section, name, 'text', value);
  return value;
}

/** Text that has to be there. Throws `broken_config`. */
export function requiredText(section: Section, name: string): string {
  const value = text(section, name);
  if (value !== undefined) return value;
  throw usageError('broken_config', `${section.where} has no ${name}`, `Give it a ${name}.`);
}

/** The table under a name, or undefined where there is none. Throws `broken_config`. */
export function table(section: Section, name: string): Section | undefined {
  const value = field(section, name);
  if (value === undefined) return undefined;
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) {
    return { values: value as Table, where: `${section.where} ${name}` };
  }
  throw wrongType(section, name, 'a table', value);
}

/** The list of tables under a name, empty where there is none. Throws `broken_config`. */
export function tables(section: Section, name: string): Section[] {
  const value = field(section, name);
  if (value === undefined) return [];
  if (!Array.isArray(value)) throw wrongType(section, name, 'a list of tables', value);
  return value.map((item: unknown, index) => {
    const place = `${name}[${index}]`;
    if (typeof item === 'object' && item !== null && !Array.isArray(item)) {
      return { values: item as Table, where: `${section.where} ${place}` };
    }
    throw wrongType(section, place, 'a table', item);
  });
}
