import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    projects: [
      {
        test: {
          name: 'cli',
          include: ['test/**/*.test.ts'],
          exclude: ['test/worker/**'],
          globalSetup: ['test/build.ts'],
        },
      },
    ],
  },
});
