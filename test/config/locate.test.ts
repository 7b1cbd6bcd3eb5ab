import { describe, expect, it } from 'vitest';
import { locate } from '../../src/config/locate.ts';
import { fakeMachine } from './fake-machine.ts';

const REDIRECT = '/repo/.wrangler/deploy/config.json';
const to = (path: string) => ({ [REDIRECT]: JSON.stringify({ configPath: path }) });

function find(cwd: string, disk: string[] | Record<string, string>, config?: string) {
  const texts = Array.isArray(disk) ? Object.fromEntries(disk.map((path) => [path, ''])) : disk;
  return locate(fakeMachine({ disk: texts }).files, cwd, config);
}

describe('where the wrangler file is', () => {
  it.each<[string, string, string[], string]>([
    ['in the current folder', '/repo', ['/repo/wrangler.toml'], '/repo/wrangler.toml'],
    [
      'json before jsonc',
      '/repo',
      ['/repo/wrangler.jsonc', '/repo/wrangler.json'],
      '/repo/wrangler.json',
    ],
    [
      'jsonc before toml',
      '/repo',
      ['/repo/wrangler.toml', '/repo/wrangler.jsonc'],
      '/repo/wrangler.jsonc',
    ],
    ['above the current folder', '/repo/a/b', ['/repo/wrangler.toml'], '/repo/wrangler.toml'],
    [
      'in worker/ below the current folder',
      '/repo',
      ['/repo/worker/wrangler.toml'],
      '/repo/worker/wrangler.toml',
    ],
    [
      'in worker/ below a folder above',
      '/repo/src/x',
      ['/repo/worker/wrangler.toml'],
      '/repo/worker/wrangler.toml',
    ],
    [
      'the folder itself before its worker/',
      '/repo',
      ['/repo/worker/wrangler.json', '/repo/wrangler.toml'],
      '/repo/wrangler.toml',
    ],
    [
      'the nearest folder, whatever the form',
      '/repo/a',
      ['/repo/wrangler.json', '/repo/a/wrangler.toml'],
      '/repo/a/wrangler.toml',
    ],
    ['at the root of the disk', '/repo', ['/wrangler.toml'], '/wrangler.toml'],
  ])('%s', async (_what, cwd, disk, path) => {
    expect(await find(cwd, disk)).toMatchObject({ path, redirected: false });
  });

  it('is nowhere where there is none', async () => {
    expect(await find('/repo', ['/repo/wrangler.yaml', '/other/wrangler.toml'])).toBeUndefined();
  });

  it('is the one --config names, seen from the current folder, in place of any other', async () => {
    const disk = { '/repo/wrangler.toml': '', '/repo/etc/edge.jsonc': '', ...to('x.json') };
    expect(await find('/repo', disk, 'etc/edge.jsonc')).toMatchObject({
      path: '/repo/etc/edge.jsonc',
      home: '/repo/etc',
      redirected: false,
    });
  });

  it('is the one a build tool made and named, while state stays beside the written file', async () => {
    const disk = { '/repo/wrangler.toml': '', '/repo/dist/w.json': '', ...to('../../dist/w.json') };
    expect(await find('/repo/src', disk)).toMatchObject({
      path: '/repo/dist/w.json',
      home: '/repo',
      redirected: true,
    });
  });

  it('may be made by a build tool with no written file at all', async () => {
    const disk = { '/repo/dist/w.json': '', ...to('../../dist/w.json') };
    expect(await find('/repo', disk)).toMatchObject({ path: '/repo/dist/w.json', home: '/repo' });
  });
});

describe('a wrangler file that cannot be told', () => {
  it.each<[string, Record<string, string>, string | undefined, object]>([
    ['--config names nothing', {}, 'a.toml', { code: 'no_config', outcome: 'usage' }],
    ['--config names something else', { '/repo/a.yaml': '' }, 'a.yaml', { code: 'bad_config' }],
    [
      'the redirect leads nowhere',
      to('gone.json'),
      undefined,
      { code: 'broken_redirect', message: expect.stringContaining('gone.json') },
    ],
    ['the redirect names no file', { [REDIRECT]: '{}' }, undefined, { code: 'broken_redirect' }],
    [
      'the redirect names a number',
      { [REDIRECT]: '{"configPath":1}' },
      undefined,
      { code: 'broken_config' },
    ],
    [
      'the redirect is no JSON',
      { [REDIRECT]: '{' },
      undefined,
      { code: 'broken_config', message: expect.stringContaining('config.json:1:2') },
    ],
    [
      'the redirect is of another Worker',
      { '/repo/worker/wrangler.toml': '', '/repo/w.json': '', ...to('../../w.json') },
      undefined,
      { code: 'two_configs', hint: expect.stringContaining('--config') },
    ],
  ])('%s', async (_what, disk, config, error) => {
    await expect(find('/repo', disk, config)).rejects.toMatchObject(error);
  });
});
