import { execFileSync } from 'node:child_process';
import { mkdtemp, readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { SCRIPTS } from '../../../src/commands/completion/scripts.ts';
import { sessionHandle } from '../../../src/shards/handle.ts';
import { useFolder } from '../../folder.ts';
import { useD1 } from '../../local/d1.ts';
import { type RunOptions, remoteEnv, run } from '../../run.ts';
import { seed } from '../../seed.ts';

const d1 = useD1();
const { engine } = d1;
const folder = useFolder();
let cache: string;
beforeAll(async () => {
  await writeFile(
    join(folder, 'wrangler.toml'),
    `name = "edge"
     kv_namespaces = [{ binding = "GOBLIN_KV", id = "${engine.namespace}" }]
     [env.staging]
     kv_namespaces = [{ binding = "GOBLIN_KV", id = "${engine.namespace}" }]`,
  );
  await seed(engine, [
    { key: 'feature_flags', value: { beta_chat: true, '$(reboot)': true } },
    ...TOKENS.map((token) => ({ key: `session:${token}`, value: { user_id: 'u_1' } })),
  ]);
});
beforeEach(async () => {
  cache = await mkdtemp(join(folder, 'cache-'));
});

const TOKENS = ['secret-token-one', 'secret-token-two'];
const handles = TOKENS.map(sessionHandle).sort();

const noNetwork = () => Promise.reject(new Error('nothing may be asked'));

/** Tab at the end of a line: the words that are offered, or `files`. */
async function tab(line: string, options: RunOptions = {}): Promise<string[] | 'files'> {
  const words = line.split(' ').slice(1);
  const word = words.pop() ?? '';
  const { code, stdout, stderr } = await run(['__complete', `--word=${word}`, '--', ...words], {
    cwd: folder,
    env: { XDG_CACHE_HOME: cache },
    fetch: noNetwork,
    ...options,
  });
  expect(code).toBe(0);
  expect(stderr).not.toContain('goblin:');
  const [kind, ...lines] = stdout.trimEnd().split('\n');
  return kind === 'files' ? kind : lines.map((offered) => offered.split('\t')[0] ?? '');
}

const live = (options: RunOptions = {}): RunOptions => ({
  fetch,
  env: { ...remoteEnv(engine), XDG_CACHE_HOME: cache },
  ...options,
});

describe('Tab', () => {
  it.each([
    ['goblin kv ed', ['edit']],
    ['goblin k', ['kv']],
    ['goblin --env staging k', ['kv']],
    ['goblin kv purge --y', ['--yes']],
    ['goblin kv list --verb', ['--verbose']],
    ['goblin -o ', ['table', 'json', 'ndjson', 'csv']],
    ['goblin --output=nd', ['--output=ndjson']],
    ['goblin kv get --env ', ['staging']],
    ['goblin kv copy x --from ', ['staging']],
    ['goblin kv import x --on-conflict s', ['skip']],
    ['goblin completion f', ['fish']],
    ['goblin security list --type session_', ['session_invalid', 'session_expired']],
    ['goblin security list --type=session_i', ['--type=session_invalid']],
    [
      'goblin security list --type rate_limited,session_',
      ['rate_limited,session_invalid', 'rate_limited,session_expired'],
    ],
    ['goblin security top --by ', ['ip', 'type', '/24', '/64']],
    ['goblin events top --by m', ['method']],
    ['goblin usage top --by u', ['user']],
    ['goblin sessions list --sort ', ['last_activity', 'expires_at', 'user_id']],
    ['goblin ratelimit simulate --algo s', ['sliding']],
    ['goblin security list --fields ip,ev', ['ip,event_type']],
    ['goblin flags set new_ui_enabled t', ['true']],
    ['goblin analytics list --method P', ['POST', 'PUT', 'PATCH']],
    ['goblin api D', ['DELETE']],
    ['goblin help e', ['exit-codes', 'environment', 'events']],
    ['goblin help flags se', ['set']],
    ['goblin help flags set ', []],
    ['goblin flags set x y ', []],
    ['goblin kv get ', []],
    ['goblin nothing such --x ', []],
    ['goblin _', []],
  ])('after `%s` offers %j', async (line, offered) => {
    expect(await tab(line)).toEqual(offered);
  });

  it.each(['goblin kv import ', 'goblin --config ', 'goblin -c ', 'goblin kv put key @'])(
    'after `%s` leaves it to files',
    async (line) => {
      expect(await tab(line)).toBe('files');
    },
  );

  it('offers every noun with half a sentence, and none that is hidden', async () => {
    const { stdout } = await run(['__complete', '--word=', '--'], { cwd: folder });
    expect(stdout).toMatch(/^kv\t\w/m);
    expect(stdout).not.toContain('__complete');
  });

  it('offers flags that are set, and no name that a shell could evaluate', async () => {
    expect(await tab('goblin flags get beta', live())).toEqual(['beta_chat']);
    expect(await tab('goblin flags get ', live())).not.toContain('$(reboot)');
    expect(await tab('goblin flags test beta', live())).toEqual([
      'beta_chat=true',
      'beta_chat=false',
    ]);
  });

  it('offers handles of sessions, and never a token', async () => {
    expect(await tab('goblin sessions show ', live())).toEqual(handles);
    expect(await tab(`goblin sessions revoke ${handles[0]?.slice(0, 5)}`, live())).toEqual([
      handles[0],
    ]);
    expect(await tab('goblin sessions show ')).toEqual([]);
    for (const name of await readdir(join(cache, 'goblin'))) {
      expect(await readFile(join(cache, 'goblin', name), 'utf8')).not.toContain('secret-token');
    }
  });

  it('asks KV once a minute, and keeps the names in a file of the owner alone', async () => {
    const now = Date.now();
    await tab('goblin flags get b', live({ now }));
    expect(await tab('goblin flags get b', live({ now: now + 59_000, fetch: noNetwork }))).toEqual([
      'beta_chat',
    ]);
    const [name = ''] = await readdir(join(cache, 'goblin'));
    const file = join(cache, 'goblin', name);
    expect((await stat(file)).mode & 0o077).toBe(0);
    await writeFile(file, '["older"]');
    expect(await tab('goblin flags get b', live({ now: now + 120_000 }))).toEqual(['beta_chat']);
    expect(await readFile(file, 'utf8')).toContain('beta_chat');
  });

  it('offers the flags of D1 where KV has no copy of them', async () => {
    await d1.query({
      sql: `CREATE TABLE feature_flags (flag_name TEXT);
        INSERT INTO feature_flags VALUES ('beta_d1'), ('$(reboot)')`,
    });
    const url = '/accounts/any/storage/kv/namespaces/SPARE/values/feature_flags';
    await engine.api(url.replace('SPARE', engine.spare), { method: 'DELETE' });
    const line = `goblin --namespace-id ${engine.spare} --database ${engine.database.id} flags get be`;
    expect(await tab(line, live())).toEqual(['beta_d1']);
    const none = `goblin --namespace-id ${engine.spare} flags get be`;
    expect(await tab(none, live({ now: Date.now() + 1 }))).toEqual([]);
  });

  it('offers the defaults where KV cannot be asked', async () => {
    expect(await tab('goblin flags get new')).toEqual(['new_ui_enabled']);
    expect(await tab('goblin flags get new', live({ fetch: noNetwork }))).toEqual([
      'new_ui_enabled',
    ]);
  });

  it('waits a second for KV and no longer', async () => {
    const waited: number[] = [];
    const hanging: NonNullable<RunOptions['fetch']> = (_url, { signal }) =>
      new Promise((_, reject) => {
        const fail = () => reject(signal?.reason);
        if (signal?.aborted) fail();
        else signal?.addEventListener('abort', fail);
      });
    const deadline = (ms: number) => {
      waited.push(ms);
      return AbortSignal.timeout(1);
    };
    const offered = await tab('goblin flags get new', live({ fetch: hanging, deadline }));
    expect(offered).toEqual(['new_ui_enabled']);
    expect(waited).toEqual([1000]);
  });
});

describe('completion', () => {
  it.each(Object.keys(SCRIPTS))('writes a script for %s', async (shell) => {
    const { code, stdout } = await run(`completion ${shell}`);
    expect(code).toBe(0);
    expect(stdout).toContain('goblin __complete');
  });

  it('names the nearest shell', async () => {
    const { code, stderr } = await run('completion bsh');
    expect(code).toBe(2);
    expect(stderr).toContain('bash');
  });

  /** What bash would offer; `goblin` is a function that tells what it was called with. */
  function inBash(line: string, words: readonly string[], answer: string): string[] {
    const script = `${SCRIPTS.bash}
      goblin() { printf '%s|' "$@" >&2; printf '${answer}'; }
      COMP_LINE=${quoted(line)} COMP_POINT=\${#COMP_LINE}
      COMP_WORDS=(${words.map(quoted).join(' ')}) COMP_CWORD=$(( \${#COMP_WORDS[@]} - 1 ))
      compopt() { echo "compopt $*"; }
      _goblin; printf '%s\\n' "\${COMPREPLY[@]}"`;
    return execFileSync('bash', ['-c', script], { encoding: 'utf8' }).trim().split('\n');
  }

  const quoted = (text: string) => `'${text}'`;

  it('completes in bash, past the = and : that bash parts words at', () => {
    expect(
      inBash('goblin kv e', ['goblin', 'kv', 'e'], 'words\\nedit\\tchange\\nexport\\tas\\n'),
    ).toEqual(['edit', 'export']);
    expect(
      inBash('goblin --output=j', ['goblin', '--output', '=', 'j'], 'words\\n--output=json\\t\\n'),
    ).toEqual(['json']);
    expect(
      inBash('goblin --output=', ['goblin', '--output', '='], 'words\\n--output=json\\t\\n'),
    ).toEqual(['json']);
    expect(inBash('goblin kv import ', ['goblin', 'kv', 'import', ''], 'files\\n')).toEqual([
      'compopt -o default',
    ]);
  });

  it('runs nothing of a half-typed line', async () => {
    const trap = join(folder, 'trap');
    const line = `goblin kv get $(touch ${trap}) x`;
    inBash(line, ['goblin', 'kv', 'get', `$(touch ${trap})`, 'x'], 'words\\n');
    await expect(stat(trap)).rejects.toThrow('ENOENT');
  });
});
