import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { rolldown } from 'rolldown';
import { afterAll, describe, expect, it } from 'vitest';
import { lateBuiltins } from '../../scripts/late-builtins.js';

const root = `${mkdtempSync(join(tmpdir(), 'goblin-late-'))}/`;
afterAll(() => rmSync(root, { recursive: true }));

const HEAD = 'console.log(process.moduleLoadList.includes("NativeModule tls"));';

/** Builds `src/main.ts` and what it imports as the CLI is built, and runs it. @returns what it prints */
async function built(files: Record<string, string>, everywhere: string[] = []): Promise<string> {
  const folder = mkdtempSync(join(root, 'case-'));
  for (const [name, code] of Object.entries(files)) {
    const path = join(folder, name);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, code);
  }
  const plugin = lateBuiltins({
    root: `${folder}/`,
    ours: (path) => path.startsWith('src/'),
    everywhere,
    optional: ['installed-maybe'],
  });
  const bundle = await rolldown({
    input: { main: join(folder, 'src/main.ts') },
    cwd: folder,
    platform: 'node',
    external: ['installed-maybe'],
    plugins: [plugin],
  });
  const dir = join(folder, 'dist');
  const names = { entryFileNames: '[name].cjs', chunkFileNames: '[name].cjs' };
  await bundle.write({ dir, format: 'cjs', minify: true, ...names });
  return execFileSync(process.execPath, [join(dir, 'main.cjs')], { encoding: 'utf8' });
}

const main = (code: string) => ({ 'src/main.ts': code });
const using = (library: string) => ({
  'src/main.ts': `import { it } from '../lib/index.js'; ${HEAD} console.log(it());`,
  'lib/index.js': library,
});

describe('a module of Node', () => {
  it('is loaded when something of it is first used', async () => {
    const code = `import { rootCertificates as all } from 'node:tls';
      ${HEAD} console.log(all.length > 9); ${HEAD}`;
    expect(await built(main(code))).toBe('false\ntrue\ntrue\n');
  });

  it.each([
    ['a class that extends', 'class A extends Socket {} console.log(new A() instanceof Socket)'],
    ['a name that is exported again', "export { Socket } from 'node:net'; console.log(true)"],
    [
      'a shadowed name',
      'const f = (Socket: number) => ({ Socket }); console.log(f(1).Socket === 1)',
    ],
    [
      'an object made of it',
      'console.log(new Socket() instanceof Socket && !new Socket().destroyed)',
    ],
    ['an object of it', 'const o = { Socket }; console.log(typeof o.Socket === "function")'],
    ['a name asked for', 'console.log(typeof Socket === "function" && !!Socket?.name)'],
  ])('does what it did: %s', async (_, code) => {
    expect(await built(main(`import { Socket } from 'node:net'; ${code}`))).toBe('true\n');
  });

  it.each([
    ['a namespace import', "import * as tls from 'node:tls'; tls.getCiphers();"],
    ['all names exported again', "export * from 'node:tls';"],
  ])('fails the build, which names the file, by %s in our own code', async (_, code) => {
    const files = { 'src/main.ts': "import './part.ts';", 'src/part.ts': code };
    await expect(built(files)).rejects.toThrow(
      /src\/part\.ts: node:tls is used as a whole; import what is needed of it by name/,
    );
  });

  it('is told by `import()` in our own code', async () => {
    const files = {
      'src/main.ts': "void import('./part.ts');",
      'src/part.ts': "void import('node:tls');",
    };
    await expect(built(files)).rejects.toThrow(/src\/part\.ts: import\("node:tls"\) is left/);
  });

  it.each([
    ['a default import', "import it from 'node:tls';", 'it.getCiphers().length > 9'],
    [
      'one beside a name',
      "import it, { TLSSocket } from 'node:tls';",
      'it.TLSSocket === TLSSocket',
    ],
    ['one handed on', "import it from 'node:tls'; const same = () => it;", '!!same().TLSSocket'],
    [
      'one that a class extends',
      "import it from 'node:net';",
      '!!new (class extends it.Socket {})()',
    ],
    [
      'the module as a class',
      "import It from 'node:stream';",
      '!!new (class extends It {})().pipe',
    ],
  ])('is late by its default, in any code: %s', async (_, imports, use) => {
    const library = `${imports} export const value = () => ${use};`;
    const files = {
      'src/main.ts': `import { value } from '../lib/index.js'; ${HEAD} console.log(value());`,
      'lib/index.js': library,
    };
    expect(await built(files, ['main'])).toBe('false\ntrue\n');
    expect(await built(main(`${imports} ${HEAD} console.log(${use});`))).toBe('false\ntrue\n');
  });

  it.each([
    ['a namespace', "import * as tls from 'node:tls'; export const it = () => 'getCiphers' in tls"],
    ['a copy', "const tls = require('node:tls'); exports.it = () => 'getCiphers' in { ...tls }"],
  ])('stays as a library has it: %s', async (_, library) => {
    expect(await built(using(library))).toBe('true\ntrue\n');
    const place = /lib\/index\.js: node:tls is used as a whole/;
    await expect(built(using(library), ['main'])).rejects.toThrow(place);
  });

  it('is late where a library requires it and reads its members', async () => {
    const library =
      "const tls = require('node:tls'); exports.it = () => tls.getCiphers().length > 9";
    expect(await built(using(library), ['main'])).toBe('false\ntrue\n');
  });

  it('is what a library may import only where it is named as optional', async () => {
    const library = (name: string) =>
      using(`export const it = () => import('${name}').catch(() => {}) instanceof Promise`);
    expect(await built(library('installed-maybe'))).toBe('false\ntrue\n');
    await expect(built(library('node:tls'))).rejects.toThrow(
      /lib\/index\.js: import\("node:tls"\)/,
    );
  });

  it('is left alone where Node has loaded it before any script', async () => {
    const code = "import EventEmitter from 'node:events'; import * as path from 'node:path';";
    const use =
      'class A extends EventEmitter {} console.log(new A().on !== undefined, !!path.join)';
    expect(await built(main(`${code} ${use}`))).toBe('true true\n');
  });
});
