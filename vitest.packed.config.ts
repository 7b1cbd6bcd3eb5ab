/** The installed package, as a user meets it: `npm run test:packed`. Node is $GOBLIN_NODE, else this one. */
import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    name: 'packed',
    include: ['test/packed/**/*.test.ts'],
    globalSetup: ['test/packed/install.ts'],
    // Each test starts processes, which a loaded machine may keep waiting.
    testTimeout: 60_000,
    hookTimeout: 60_000,
  },
});
