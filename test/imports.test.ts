import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { describe, expect, it } from 'vitest';

/** The rooms of the house, most particular first, and which others each may use; types count too. */
const ROOMS: readonly { room: string; holds: RegExp; uses: readonly string[] }[] = [
  { room: 'edge', holds: /^worker\/src\//, uses: ['shards', 'live', 'manifest'] },
  { room: 'live Worker', holds: /^worker\/live\/src\//, uses: ['live', 'shards'] },
  { room: 'manifest', holds: /^package\.json$/, uses: [] },
  { room: 'shards', holds: /^src\/shards\//, uses: [] },
  { room: 'stores', holds: /^src\/stores\//, uses: ['shards', 'ground'] },
  { room: 'output', holds: /^src\/output\//, uses: ['shards', 'ground'] },
  { room: 'config', holds: /^src\/config\//, uses: ['ground'] },
  { room: 'tables', holds: /^src\/tables\//, uses: ['shards'] },
  { room: 'live', holds: /^src\/live\//, uses: ['shards'] },
  { room: 'sql text', holds: /^src\/d1\/split\.ts$/, uses: [] },
  { room: 'database', holds: /^src\/d1\//, uses: ['tables', 'sql text', 'shards', 'ground'] },
  {
    room: 'engine workers',
    holds: /^src\/local\/(api|front|upstream)\//,
    uses: ['engine facts', 'sql text'],
  },
  { room: 'engine facts', holds: /^src\/local\/(namespaces|databases)\.ts$/, uses: [] },
  { room: 'local', holds: /^src\/local\//, uses: ['engine facts', 'ground'] },
  { room: 'prompt', holds: /^src\/(prompt|editor)\.ts$/, uses: ['ground'] },
  {
    room: 'context',
    holds: /^src\/(context|connect)\.ts$/,
    uses: ['config', 'stores', 'output', 'local', 'engine facts', 'prompt', 'program', 'ground'],
  },
  {
    room: 'operating commands',
    holds: /^src\/commands\/(dev\.ts|config\/|doctor|completion)/,
    uses: ['commands', 'context', 'config', 'local', 'stores', 'output', 'shards', 'ground'],
  },
  {
    room: 'commands',
    holds: /^src\/commands\//,
    uses: ['operating commands', 'context', 'stores', 'output', 'shards', 'ground'],
  },
  {
    room: 'program',
    holds: /^src\/(program|global-options|help)\.ts$/,
    uses: ['commands', 'ground'],
  },
  {
    room: 'main',
    holds: /^src\/main\.ts$/,
    uses: ['program', 'context', 'output', 'shards', 'ground'],
  },
  {
    room: 'ground',
    holds:
      /^src\/(errors|fetch-globals|home|http|io|nearest|durations|proxy|stack|version|write-whole)\.ts$/,
    uses: ['manifest'],
  },
];

/** Each library has one place, so that to change it is to change one file. */
const LIBRARIES: Record<string, RegExp> = {
  '@clack/prompts': /^src\/prompt\.ts$/,
  '@remix-run/multipart-parser': /^src\/local\/api\//,
  cloudflare: /^src\/stores\/cloudflare\.ts$/,
  commander: /^src\/(program|global-options|help)\.ts$|^src\/commands\//,
  'csv-stringify': /^src\/output\/csv\.ts$/,
  'https-proxy-agent': /^src\/proxy\.ts$/,
  'proxy-from-env': /^src\/proxy\.ts$/,
  hono: /^src\/local\/api\//,
  'jsonc-parser': /^src\/config\/parse-file\.ts$/,
  leven: /^src\/nearest\.ts$/,
  miniflare: /^src\/local\//,
  ms: /^src\/durations\.ts$/,
  picocolors: /^src\/output\/colour\.ts$/,
  picomatch: /^src\/commands\/events\//,
  'smol-toml': /^src\/config\/parse-file\.ts$/,
  'fast-string-truncated-width': /^src\/output\/text\.ts$/,
};

const files = ['src', 'worker/src', 'worker/live/src'].flatMap((folder) =>
  readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.ts'))
    .map((file) => `${folder}/${file}`),
);

interface Import {
  file: string;
  target: string;
}

function importsOf(file: string): Import[] {
  const text = readFileSync(file, 'utf8');
  const specifiers = [...text.matchAll(/(?:\bfrom|\bimport)\s*\(?\s*'([\w@.:/-]+)'/g)];
  return specifiers.map(([, specifier = '']) => ({
    file,
    target: specifier.startsWith('.') ? normalize(join(dirname(file), specifier)) : specifier,
  }));
}

const imports = files.flatMap(importsOf);
const isFile = ({ target }: Import) => /\.(ts|json)$/.test(target);
const packageOf = ({ target }: Import) => /^(?:@[^/]+\/)?[^/]+/.exec(target)?.[0] ?? target;
const roomOf = (file: string) => ROOMS.find(({ holds }) => holds.test(file));

describe('the house', () => {
  it('has a room for every file', () => {
    expect(files.filter((file) => !roomOf(file))).toEqual([]);
    expect(files.length).toBeGreaterThan(50);
  });

  it('is walked in one direction', () => {
    const wrong = imports.filter(isFile).filter(({ file, target }) => {
      const from = roomOf(file);
      const to = roomOf(target)?.room ?? 'nowhere';
      return from?.room !== to && !from?.uses.includes(to);
    });
    expect(wrong).toEqual([]);
  });

  it('has one place for each library', () => {
    const external = imports.filter(
      (each) => !isFile(each) && !/^(node|cloudflare):/.test(each.target),
    );
    const wrong = external.filter((each) => !LIBRARIES[packageOf(each)]?.test(each.file));
    expect(wrong).toEqual([]);
  });

  it('leaves the process to bin and io', () => {
    const wrong = files.filter(
      (file) =>
        /process\.exit\b|process\.std|console\.\w/.test(readFileSync(file, 'utf8')) &&
        // The edge has no other way to tell its operator what is wrong with its variables.
        !['src/io.ts', 'worker/src/variables.ts'].includes(file),
    );
    expect(wrong).toEqual([]);
  });

  it('has small files', () => {
    const lines = files.map((file) => readFileSync(file, 'utf8').split('\n').length - 1);
    const large = files.filter((_, i) => (lines[i] ?? 0) > 200);
    expect(large).toEqual([]);
    expect(lines.sort((a, b) => a - b)[Math.floor(lines.length / 2)]).toBeLessThanOrEqual(80);
  });
});
