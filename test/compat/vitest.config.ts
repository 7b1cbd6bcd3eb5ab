/** The compatibility suite; `npm run test:compat` installs what it needs and starts it. */
import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    name: 'compat',
    include: ['test/compat/**/*.test.ts'],
    // Programs are started by the hundred, on machines of two cores as well.
    testTimeout: 600_000,
    hookTimeout: 60_000,
    maxWorkers: 2,
  },
});
