import { cloudflareTest } from '@cloudflare/vitest-pool-workers';
import { defineConfig } from 'vitest/config';
import { bundleWorker } from './scripts/build.js';

/** The classes of the live Worker, by the names that it binds them to. */
const LIVE_OBJECTS = {
  ROOMS: { className: 'ChatRoom', useSQLite: true },
  PRESENCE: { className: 'PresenceDirectory', useSQLite: true },
  RATE_LIMITER: { className: 'RateLimiter', useSQLite: true },
};

export default defineConfig({
  test: {
    // Half of a test's time is workerd's or a wait; by default one core is left idle.
    maxWorkers: '100%',
    projects: [
      {
        test: {
          name: 'cli',
          // Only a limit for what hangs: a loaded machine may need long for anything.
          testTimeout: 60_000,
          hookTimeout: 60_000,
          // No test leaves anything in a module, and to load all modules for each file is half of the time.
          isolate: false,
          // Times on a terminal are local.
          env: { TZ: 'UTC' },
          // As Node imports CommonJS: jq-web is a promise, which a proxy breaks.
          deps: { interopDefault: false },
          include: ['test/**/*.test.ts'],
          exclude: ['test/worker/**', 'test/live/**', 'test/packed/**', 'test/compat/**'],
          globalSetup: ['test/setup.ts'],
        },
      },
      {
        plugins: [
          cloudflareTest({
            miniflare: {
              compatibilityDate: '2026-04-26',
              compatibilityFlags: ['enable_request_signal'],
              kvNamespaces: ['GOBLIN_KV'],
              // Empty; the tests of D1 set up the schema that they need.
              d1Databases: ['DB', 'OLD_DB', 'EMPTY_DB'],
              durableObjects: {
                RATE_LIMITER: { className: 'RateLimiter', scriptName: 'live', useSQLite: true },
              },
              serviceBindings: { LIVE: 'live' },
              // Whatever the Worker under test fetches goes to this one.
              outboundService: 'backend',
              workers: [
                {
                  name: 'backend',
                  modules: true,
                  scriptPath: 'test/worker/backend.js',
                  compatibilityDate: '2026-04-26',
                },
                {
                  name: 'live',
                  modules: true,
                  script: await bundleWorker('worker/live/src/index.ts'),
                  compatibilityDate: '2026-04-26',
                  kvNamespaces: ['GOBLIN_KV'],
                  durableObjects: LIVE_OBJECTS,
                },
              ],
            },
          }),
        ],
        test: {
          name: 'worker',
          testTimeout: 60_000,
          hookTimeout: 60_000,
          include: ['test/worker/**/*.test.ts'],
        },
      },
      {
        plugins: [
          cloudflareTest({
            main: 'worker/live/src/index.ts',
            miniflare: {
              compatibilityDate: '2026-04-26',
              compatibilityFlags: ['enable_request_signal'],
              kvNamespaces: ['GOBLIN_KV'],
              durableObjects: LIVE_OBJECTS,
              outboundService: 'backend',
              workers: [
                {
                  name: 'backend',
                  modules: true,
                  scriptPath: 'test/worker/backend.js',
                  compatibilityDate: '2026-04-26',
                },
              ],
            },
          }),
        ],
        test: {
          name: 'live',
          testTimeout: 60_000,
          hookTimeout: 60_000,
          include: ['test/live/**/*.test.ts'],
        },
      },
    ],
  },
});
