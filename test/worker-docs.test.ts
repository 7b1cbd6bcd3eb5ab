import { readFileSync } from 'node:fs';
import { parse } from 'smol-toml';
import { describe, expect, it } from 'vitest';
import { ipv6Prefix } from '../src/shards/ratelimit.ts';
import { parseText } from '../worker/src/variable-kinds.ts';
import { VARIABLES } from '../worker/src/variable-table.ts';

const readme = readFileSync('worker/README.md', 'utf8');
const wrangler = readFileSync('worker/wrangler.toml', 'utf8');
const { vars } = parse(wrangler) as {
  vars: Record<string, string>;
};

/** Variables whose default in `wrangler.toml` is not the code's: a place that has to be changed anyhow. */
const OWN_VALUE = ['API_URL'];

describe.each(Object.entries(VARIABLES))('the variable %s', (name, row) => {
  it('stands in the README with its default', () => {
    const [, written = ''] =
      new RegExp(`^\\| \`${name}\` \\| ([^|]*)\\| .+ \\|$`, 'm').exec(readme) ?? [];
    if (row.default !== undefined)
      expect(written.trim().replaceAll('`', '')).toBe(`${row.default}`);
    else expect(written).not.toBe('');
  });

  it('stands in wrangler.toml with its default', () => {
    // One without a default is shown as a comment.
    if (row.default === undefined) expect(wrangler).toMatch(new RegExp(`^# ${name} = "`, 'm'));
    else expect(vars).toHaveProperty(name);
    if (row.default !== undefined && !OWN_VALUE.includes(name))
      expect(vars[name]).toBe(`${row.default}`);
  });
});

it('wrangler.toml has no other variable', () => {
  expect(Object.keys(vars).filter((name) => !(name in VARIABLES))).toEqual([]);
});

describe('the database in wrangler.toml', () => {
  const [commented = ''] = /^# \[\[d1_databases\]\]\n(# \w.*\n)+/m.exec(wrangler) ?? [];

  it('is switched on by uncommenting it', () => {
    const { d1_databases } = parse(`${commented.replaceAll(/^# /gm, '')}`);
    expect(d1_databases).toMatchObject([{ binding: 'DB', database_name: 'goblin-assistant-db' }]);
    expect(parse(wrangler)).not.toHaveProperty('d1_databases');
  });

  it('has the lines that set it up', () => {
    expect(wrangler).toContain('wrangler d1 create goblin-assistant-db');
    expect(wrangler).toContain('goblin d1 migrate');
    expect(wrangler).toMatch(/wrangler d1 execute goblin-assistant-db .*--file=\.\/schema\.sql/);
  });
});

describe('RATE_LIMIT_IPV6_PREFIX', () => {
  const row = VARIABLES.RATE_LIMIT_IPV6_PREFIX;

  it.each([
    48,
    '48',
    ' 48 ',
    '128',
    '1',
    0,
    '0',
    '129',
    '',
    '0x30',
    '4.8e1',
    '48.0',
    '-48',
    'abc',
    undefined,
  ])('means the same to the CLI and to the edge: %j', (given) => {
    const atEdge = given === undefined ? undefined : parseText(row, `${given}`.trim());
    expect(ipv6Prefix(given)).toBe(atEdge ?? row.default);
  });
});
