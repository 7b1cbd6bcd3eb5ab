/** Command lines that are wrong, each with its exit code, what is said, and what to do instead. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { useFolder } from './folder.ts';
import { MEMORY_ENV, memoryApi } from './memory-api.ts';
import { run } from './run.ts';

const folder = useFolder();

const ENV = {
  CLOUDFLARE_API_TOKEN: 'a-token',
  CLOUDFLARE_ACCOUNT_ID: '0123456789abcdef0123456789abcdef',
};

type Line = [line: string, code: number, message: string, hint: string];

const LINES: Line[] = [
  // Words of other tools.
  ['tail', 2, "unknown command 'tail'", '`goblin events tail`'],
  ['logs', 2, "unknown command 'logs'", '`goblin events tail`'],
  ['top', 2, "unknown command 'top'", '`goblin events top`'],
  ['login', 2, "unknown command 'login'", '`wrangler login`'],
  ['version', 2, "unknown command 'version'", '`goblin --version`'],
  ['whoami', 2, "unknown command 'whoami'", '`goblin config show`'],
  ['status', 2, "unknown command 'status'", '`goblin doctor`'],
  // Hints name the command that was meant.
  ['ratelimt list', 2, "unknown command 'ratelimt'", 'Did you mean ratelimit?'],
  ['xyzzy', 2, "unknown command 'xyzzy'", '`goblin help` lists the commands.'],
  ['flags xyzzy', 2, "unknown command 'xyzzy'", '`goblin help flags` lists the commands.'],
  ['-o json flags set a', 2, "missing required argument 'value'", '`goblin help flags set` tells'],
  ['ratelimit show', 2, "missing required argument 'ip'", '`goblin help ratelimit show` tells'],
  ['ip 203.0.113.9 --xyzzy', 2, "unknown option '--xyzzy'", '`goblin help ip` tells'],
  ['flags', 2, 'which command?', '`goblin help flags` lists the commands.'],
  ['rooms doc', 2, 'which command?', '`goblin help rooms doc` lists the commands.'],
  // Help.
  ['help nonsense', 2, "unknown command or help topic 'nonsense'", '`goblin help` lists them.'],
  ['help exit-code', 2, "help topic 'exit-code'", 'Did you mean exit-codes?'],
  ['help flags nonsense', 2, "'goblin flags nonsense'", '`goblin help flags` lists them.'],
  ['help flags st', 2, "'goblin flags st'", 'Did you mean set?'],
  ['help logs', 2, "unknown command or help topic 'logs'", '`goblin events tail`'],
  // Formats.
  ['flags list --json -o csv', 2, '--json and -o csv exclude each other', 'Pass --json or -o csv.'],
  ['flags list -o json -o csv', 2, '-o json and -o csv exclude each other', 'Pass one of them.'],
  ['flags list -o jsom', 2, 'unknown output format "jsom"', 'Did you mean json?'],
  // A typo must not pass a gate.
  [
    'security list --type rate_limit --exit-code',
    2,
    'no event has the type "rate_limit"',
    'Did you mean rate_limited?',
  ],
  ['events tail --type xyzzy', 2, 'no event has the type "xyzzy"', 'Known: request, chat'],
  ['security list --type request', 2, 'no event has the type "request"', 'Known: rate_limited'],
  // Amounts that mean nothing.
  [
    'security stats --bucket 0s',
    2,
    '"0s" is not a valid length of time',
    'Write 10s, 1m, 5m or 1h.',
  ],
  ['ratelimit simulate --window 0s', 2, '"0s" is not a valid length of time', 'Write 10s'],
  ['ratelimit simulate --limit 0', 2, '"0" is no count', 'from 1 up'],
  ['flags set api_enabled false --for 0s', 2, '--for 0s is too short', 'up to 60 s'],
  ['ratelimit block 203.0.113.9 --for 0s', 2, 'cannot be blocked for 0s', 'For 1s to 30d.'],
  // Files.
  ['kv put a @/nope', 2, 'cannot read /nope: there is no such file', 'Check the path'],
  ['kv put a @/etc', 2, 'cannot read /etc: it is a folder', 'Name a file in it.'],
  ['kv import /nope', 2, 'cannot read /nope: there is no such file', '`goblin kv export`'],
  ['flags apply /nope', 2, 'cannot read /nope: there is no such file', '`goblin flags export`'],
  ['d1 query @/nope', 2, 'cannot read /nope: there is no such file', 'Check the path'],
  // Addresses.
  [
    'ip 203.0.113.0/24',
    2,
    '203.0.113.0/24 is a range, not one address',
    '`goblin events top --ip 203.0.113.0/24`',
  ],
  ['ip 203.0.113.0/99', 2, '"203.0.113.0/99" is no range of addresses', '203.0.113.0/24'],
  // An empty folder.
  ['flags list', 2, 'No wrangler file was found', '`goblin init`'],
  ['dev', 2, 'no wrangler file', '`goblin init`'],
  // Any endpoint.
  ['api FETCH user', 2, '"FETCH" is not a method', 'Known: GET'],
  ['api GET ../user', 2, '"../user" is not a valid path', 'storage/kv/namespaces'],
  ['api GET a/%2E%2e/b', 2, 'is not a valid path', 'storage/kv/namespaces'],
  ['api GET //evil.example', 2, 'is not a valid path', 'storage/kv/namespaces'],
  ['api GET https://evil.example/', 2, 'is not a valid path', '/client/v4/'],
  ['api GET accounts/1/d1', 2, 'is not a valid path', 'leave out accounts/'],
  ['api GET d1/database --input x', 2, 'a GET has no body', '--field'],
  ['api POST d1/database -f name', 2, '"name" is not a field', 'name=value'],
  ['api GET d1/database -o csv', 2, 'cannot be written as csv', 'Leave -o out'],
  ['api DELETE d1/database/x', 6, 'this would send DELETE d1/database/x', '--yes'],
  ['api DELETE d1/database/x --yes --read-only', 4, 'cannot send DELETE', 'read-only'],
  // init
  ['init --name Big', 2, '"Big" is not a valid name of a Worker', 'goblin-edge'],
  ['init --namespace-id a/b', 2, 'is not the id of a KV namespace', '32 hexadecimal digits'],
];

it.each(LINES)('goblin %s → %i, %s', async (line, code, message, hint) => {
  const fetch = () => Promise.reject(new Error('nothing may be sent'));
  const ran = await run(line, { env: ENV, cwd: folder, fetch });
  expect({ code: ran.code, stderr: ran.stderr }).toEqual({
    code,
    stderr: expect.stringContaining(message),
  });
  expect(ran.stderr).toContain(hint);
  // A noun without a verb shows its help; nothing else writes to stdout.
  expect(ran.stdout).toBe('');
});

it('no message or hint is a template: what stands in <> would have to be filled in by the reader', () => {
  const files = readdirSync('src', { recursive: true, encoding: 'utf8' });
  const sources = files.filter((file) => file.endsWith('.ts'));
  expect(sources.length).toBeGreaterThan(100);
  for (const file of sources) {
    const text = readFileSync(join('src', file), 'utf8').replace(/^ *(\/\*\*|\*|\/\/).*$/gm, '');
    const commands = text.match(/`goblin [^`\n]*<[a-z_-]+>[^`\n]*\\?`/g) ?? [];
    const hints = text.match(/\b(hint: |pass )[^\n]*--[a-z-]+ <[a-z_-]+>/gi) ?? [];
    expect([...commands, ...hints], file).toEqual([]);
  }
});

it.each([
  ['flags set new_ui_enabled true --for 10s', 'one that lasts 10 s'],
  ['ratelimit block 203.0.113.9 --for 10s', 'one that lasts 10 s'],
])('goblin %s is done, with a warning that edges may never see it', async (line, warning) => {
  const { fetch } = memoryApi();
  const namespace = '--namespace-id abc';
  const short = await run(`${line} ${namespace}`, { env: MEMORY_ENV, cwd: folder, fetch });
  expect(short.code).toBe(0);
  expect(short.stderr).toContain('edges take up to 60 s');
  expect(short.stderr).toContain(warning);
  const longer = `${line.replace('10s', '10m')} ${namespace}`;
  const long = await run(longer, { env: MEMORY_ENV, cwd: folder, fetch });
  expect(long.stderr).not.toContain('edges take up to 60 s');
});
