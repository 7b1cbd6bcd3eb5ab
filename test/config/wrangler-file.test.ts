import { describe, expect, it } from 'vitest';
import { readWranglerFile } from '../../src/config/wrangler-file.ts';
import { fakeMachine } from './fake-machine.ts';

function read(name: string, text: string, env?: string, origin = '--env') {
  const { files } = fakeMachine({ disk: { [`/repo/worker/${name}`]: text } });
  const environment = env === undefined ? undefined : { value: env, origin };
  return readWranglerFile(files, '/repo', { config: undefined, environment });
}

const TOML = `
name = "edge"
account_id = "a1"
routes = ["a.example/*", { pattern = "b.example", custom_domain = true }, { zone_name = "c" }]
[[kv_namespaces]]
binding = "GOBLIN_KV"
id = "k1"
preview_id = "p1"
[[d1_databases]]
binding = "DB"
database_name = "goblin"
database_id = "d1"
migrations_dir = "sql"
migrations_table = "done"
migrations_pattern = "sql/*.sql"
[[durable_objects.bindings]]
name = "ROOM"
class_name = "Room"
[vars]
PLAN = { seats = 3 }
[env.staging]
account_id = "a2"
[[env.staging.kv_namespaces]]
binding = "GOBLIN_KV"
[env.prod]
name = "edge-live"
`;

const DB = {
  binding: 'DB',
  databaseName: 'goblin',
  databaseId: 'd1',
  migrationsDir: 'sql',
  migrationsTable: 'done',
  migrationsPattern: 'sql/*.sql',
};

const JSONC = `{
  // what TOML says above
  "name": "edge", "account_id": "a1",
  "kv_namespaces": [{ "binding": "GOBLIN_KV", "id": "k1", "preview_id": "p1" }],
  "d1_databases": [{ "binding": "DB", "database_name": "goblin", "database_id": "d1",
    "migrations_dir": "sql", "migrations_table": "done", "migrations_pattern": "sql/*.sql" }],
  "routes": ["a.example/*", { "pattern": "b.example", "custom_domain": true }, { "zone_name": "c" }],
  "durable_objects": { "bindings": [{ "name": "ROOM", "class_name": "Room" }] },
  "vars": { "PLAN": { "seats": 3 } },
  "env": {
    "staging": { "account_id": "a2", "kv_namespaces": [{ "binding": "GOBLIN_KV" }] },
    "prod": { "name": "edge-live" },
  },
}`;

describe.each([
  ['wrangler.toml', TOML],
  ['wrangler.jsonc', JSONC],
  ['wrangler.json', JSONC],
])('%s', (name, text) => {
  const label = `worker/${name}`;

  it('gives every binding with its origin', async () => {
    expect(await read(name, text)).toEqual({
      path: `/repo/${label}`,
      label,
      home: '/repo/worker',
      origin: 'nearest to the current folder',
      environment: undefined,
      environments: ['staging', 'prod'],
      name: { value: 'edge', origin: `${label} name` },
      accountId: { value: 'a1', origin: `${label} account_id` },
      kvNamespaces: {
        value: [{ binding: 'GOBLIN_KV', id: 'k1', previewId: 'p1' }],
        origin: `${label} kv_namespaces`,
      },
      allKvNamespaces: [
        { binding: 'GOBLIN_KV', id: 'k1', previewId: 'p1' },
        { binding: 'GOBLIN_KV', id: undefined, previewId: undefined },
      ],
      d1Databases: {
        value: [DB],
        origin: `${label} d1_databases`,
      },
      allD1Databases: [DB],
      durableObjects: {
        value: [{ name: 'ROOM', className: 'Room' }],
        origin: `${label} durable_objects`,
      },
      routes: {
        value: [
          { pattern: 'a.example/*', customDomain: false },
          { pattern: 'b.example', customDomain: true },
        ],
        origin: `${label} routes`,
      },
      onWorkersDev: false,
      vars: { value: { PLAN: { seats: 3 } }, origin: `${label} vars` },
    });
  });

  it('gives an environment its own bindings, and nothing of the top level where it has none', async () => {
    expect(await read(name, text, 'staging')).toMatchObject({
      environment: { value: 'staging', origin: '--env' },
      name: { value: 'edge-staging', origin: `${label} name, ${label} [env.staging]` },
      accountId: { value: 'a2', origin: `${label} [env.staging] account_id` },
      kvNamespaces: {
        value: [{ binding: 'GOBLIN_KV', id: undefined }],
        origin: `${label} [env.staging] kv_namespaces`,
      },
      d1Databases: { value: [] },
      durableObjects: { value: [] },
      vars: { value: {} },
    });
  });

  it('lets an environment name its Worker itself and inherit the account', async () => {
    expect(await read(name, text, 'prod')).toMatchObject({
      name: { value: 'edge-live', origin: `${label} [env.prod] name` },
      accountId: { value: 'a1', origin: `${label} account_id` },
    });
  });

  it('names the nearest environment for an unknown one', async () => {
    await expect(read(name, text, 'stagign', 'CLOUDFLARE_ENV')).rejects.toMatchObject({
      outcome: 'usage',
      code: 'unknown_environment',
      message: `${label} has no environment stagign (CLOUDFLARE_ENV)`,
      hint: 'Did you mean staging? Known: staging, prod.',
    });
  });
});

describe('a file that a build tool made', () => {
  function readBuilt(text: string, env?: string) {
    const disk = {
      '/repo/wrangler.toml': '',
      '/repo/.wrangler/deploy/config.json': '{"configPath":"../../dist/wrangler.json"}',
      '/repo/dist/wrangler.json': text,
    };
    const environment = env === undefined ? undefined : { value: env, origin: '--env' };
    return readWranglerFile(fakeMachine({ disk }).files, '/repo', {
      config: undefined,
      environment,
    });
  }
  const STAGING = '{"name":"edge-staging","targetEnvironment":"staging"}';

  it.each([[undefined], ['staging']])(
    'is of the environment it was built for (asked: %s)',
    async (env) => {
      expect(await readBuilt(STAGING, env)).toMatchObject({
        label: 'dist/wrangler.json',
        home: '/repo',
        name: { value: 'edge-staging' },
        environment: { value: 'staging' },
      });
    },
  );

  it.each([STAGING, '{"name":"edge"}'])('is refused for another environment: %s', async (text) => {
    await expect(readBuilt(text, 'prod')).rejects.toMatchObject({ code: 'unknown_environment' });
  });
});

describe('no wrangler file', () => {
  const nowhere = (origin: string) =>
    readWranglerFile(fakeMachine().files, '/repo', {
      config: undefined,
      environment: { value: 'staging', origin },
    });

  it('is fine with an environment variable set for other projects', async () => {
    expect(await nowhere('CLOUDFLARE_ENV')).toBeUndefined();
  });

  it('is an error where --env asks for a part of it', async () => {
    await expect(nowhere('--env')).rejects.toMatchObject({ outcome: 'usage', code: 'no_config' });
  });
});
