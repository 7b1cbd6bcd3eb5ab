import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { describe, expect, it } from 'vitest';

/**
 * The layers, top first. A file may import from its own layer and from those below it, types included, so
 * that no circle between layers can pass.
 */
const LAYERS: readonly (readonly [name: string, files: RegExp])[] = [
  ['main', /^src\/main\.ts$/],
  ['program', /^src\/(program|help|usage-errors)\.ts$/],
  ['commands', /^src\/commands\//],
  ['plan', /^src\/plan\//],
  ['watch', /^src\/watch\//],
  ['context', /^src\/context\.ts$/],
  ['connect', /^src\/connect\//],
  ['edge', /^src\/edge\//],
  ['local', /^src\/local\//],
  ['flags', /^src\/flags\//],
  ['kv', /^src\/kv\//],
  ['d1', /^src\/d1\//],
  ['api', /^src\/api\//],
  ['config', /^src\/config\//],
  ['arguments', /^src\/arguments\//],
  ['output', /^src\/output\//],
  ['io', /^src\/io\//],
  ['global options', /^src\/global-options\.ts$/],
  ['live', /^src\/live\//],
  ['tables', /^src\/tables\//],
  ['shards', /^src\/shards\//],
  ['text', /^src\/text\//],
  ['contract', /^src\/contract\//],
  ['manifest', /^package\.json$/],
];

/** Code that runs in workerd. It may import only what is named here, and nothing imports it. */
const WORKERS: readonly (readonly [name: string, files: RegExp, uses: RegExp])[] = [
  ['edge', /^worker\/src\//, /^src\/(shards|tables|live)\/|^package\.json$/],
  ['live Worker', /^worker\/live\/src\//, /^src\/(shards|live)\//],
  [
    'engine workers',
    /^src\/local\/(api|front|upstream)\//,
    /^src\/local\/(resources|request-log)\.ts$|^src\/d1\/split\.ts$|^src\/shards\/kv-limits\.ts$/,
  ],
];

/** Each library has one place, so that to change it is to change one file. */
const LIBRARIES: Record<string, RegExp> = {
  '@clack/prompts': /^src\/io\/prompt\.ts$/,
  '@remix-run/multipart-parser': /^src\/local\/api\//,
  'cli-table3': /^src\/output\/draw\.ts$/,
  cloudflare: /^src\/api\//,
  commander:
    /^src\/(program|global-options|help|usage-errors)\.ts$|^src\/(commands|plan|arguments)\//,
  'csv-stringify': /^src\/output\/csv\.ts$/,
  'https-proxy-agent': /^src\/api\/proxy\.ts$/,
  'proxy-from-env': /^src\/api\/proxy\.ts$/,
  hono: /^src\/local\/api\//,
  'jsonc-parser': /^src\/config\/parse-file\.ts$/,
  'jq-web': /^src\/output\/jq\.ts$/,
  leven: /^src\/text\/nearest\.ts$/,
  miniflare: /^src\/local\//,
  picocolors: /^src\/output\/colour\.ts$/,
  picomatch: /^src\/commands\/events\/|^src\/config\/migrations\.ts$/,
  'smol-toml': /^src\/config\/parse-file\.ts$/,
  'fast-string-truncated-width': /^src\/output\/width\.ts$/,
  ws: /^src\/edge\/watch\.ts$/,
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
const rankOf = (file: string) => LAYERS.findIndex(([, files]) => files.test(file));
const workerOf = (file: string) => WORKERS.find(([, files]) => files.test(file));

/** The files that these load at once: their imports, and those of the files that they import. */
function loadedWith(entries: readonly string[]): string[] {
  const loaded = new Set(entries);
  for (const file of loaded) {
    const text = readFileSync(file, 'utf8');
    const imported = text.matchAll(/^(?:import|export) (?!type\b)[^;]*?from '(\.[^']+)'/gm);
    for (const [, target = ''] of imported) loaded.add(normalize(join(dirname(file), target)));
  }
  return [...loaded];
}

/** Whether a file may import another one of this project. */
function isAllowed({ file, target }: Import): boolean {
  const worker = workerOf(file);
  if (worker !== workerOf(target)) return worker?.[2].test(target) ?? false;
  return worker !== undefined || (rankOf(target) >= rankOf(file) && rankOf(file) >= 0);
}

describe('the layers', () => {
  it('hold every file', () => {
    expect(files.filter((file) => !workerOf(file) && rankOf(file) === -1)).toEqual([]);
    expect(files.length).toBeGreaterThan(50);
  });

  it('are imported in one direction', () => {
    expect(imports.filter(isFile).filter((each) => !isAllowed(each))).toEqual([]);
  });

  it.each([
    ['src/contract/errors.ts', 'src/context.ts'],
    ['src/context.ts', 'src/program.ts'],
    ['src/commands/kv/get.ts', 'src/program.ts'],
    ['src/shards/session.ts', 'src/output/time.ts'],
    ['src/kv/pages.ts', 'worker/src/index.ts'],
    ['worker/src/index.ts', 'src/api/http.ts'],
    ['src/local/api/index.ts', 'src/local/engine.ts'],
  ])('forbid %s to import %s', (file, target) => {
    expect(isAllowed({ file, target })).toBe(false);
  });

  it('load nothing of D1 or of the engine for a command that reads KV', () => {
    const loaded = loadedWith([
      'src/main.ts',
      'src/program.ts',
      'src/context.ts',
      'src/config/config.ts',
      'src/connect/connect.ts',
      'src/connect/kv.ts',
      'src/commands/kv/get.ts',
    ]);
    expect(loaded).toContain('src/api/kv.ts');
    expect(loaded.filter((file) => /\bd1\b|database|\/local\/|\/edge\.ts/.test(file))).toEqual([]);
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
        !['src/io/streams.ts', 'src/local/request-log.ts', 'worker/src/variables.ts'].includes(
          file,
        ),
    );
    expect(wrong).toEqual([]);
  });

  it('has small files', () => {
    const lines = files.map((file) => readFileSync(file, 'utf8').split('\n').length - 1);
    // The list of commands is data, and grows with them.
    const large = files.filter((file, i) => !file.endsWith('/list.ts') && (lines[i] ?? 0) > 200);
    expect(large).toEqual([]);
    expect(lines.sort((a, b) => a - b)[Math.floor(lines.length / 2)]).toBeLessThanOrEqual(80);
  });
});
