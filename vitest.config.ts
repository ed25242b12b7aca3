// Three projects, run one after another by `npm test`:
//   unit     in Node: pure rules, ports with in-memory adapters, the local stack's own parts
//   workers  inside workerd, on the real Worker, against two real local regions behind taps
//   e2e      in Node, against the platform started as `npm start` does

import { cloudflareTest } from '@cloudflare/vitest-plugin'
import { defineConfig } from 'vitest/config'
import type { WorkersContext } from './tests/workers/support/global-setup.ts'

export default defineConfig({
  test: {
    // A test that passes has nothing to say; one that fails shows what was logged meanwhile.
    silent: 'passed-only',
    projects: [
      {
        test: {
          name: 'unit',
          environment: 'node',
          include: ['tests/{unit,contract}/**/*.test.ts'],
          execArgv: ['--disable-warning=ExperimentalWarning'],
          testTimeout: 20_000,
        },
      },
      {
        plugins: [
          cloudflareTest(({ inject }) => {
            const { bindings } = inject<WorkersContext>('workers')
            return { wrangler: { configPath: './wrangler.toml' }, miniflare: { bindings } }
          }),
        ],
        test: {
          name: 'workers',
          include: ['tests/{workers,security}/**/*.test.ts'],
          globalSetup: ['tests/workers/support/global-setup.ts'],
          setupFiles: ['tests/workers/support/migrate.ts'],
          testTimeout: 30_000,
          // The two regions are shared by all files, and a test may break them.
          fileParallelism: false,
          // Its package says that browsers have no node:fs, which Vite takes for a module without a name.
          deps: { optimizer: { ssr: { enabled: true, include: ['mediabunny'] } } },
        },
      },
      {
        test: {
          name: 'e2e',
          environment: 'node',
          include: ['tests/e2e/**/*.test.ts'],
          execArgv: ['--disable-warning=ExperimentalWarning'],
          testTimeout: 600_000,
          hookTimeout: 120_000,
          // Each file starts a platform of its own and mostly waits for it.
          maxWorkers: 2,
        },
      },
    ],
  },
})
