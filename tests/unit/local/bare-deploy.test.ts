// The top of wrangler.toml has the settings of one machine: mail that is printed, regions on loopback. Nothing may publish it.
// (`npm run check` holds that the environments can be deployed.)

import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { root } from '../../../scripts/local/state-dir.ts'

const { CLOUDFLARE_ENV: _chosen, ...environment } = process.env

test('a deploy without an environment is refused, and says what to do', { timeout: 120_000 }, () => {
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    [join(root, 'node_modules/wrangler/bin/wrangler.js'), 'deploy', '--dry-run'],
    {
      cwd: root,
      encoding: 'utf8',
      env: { ...environment, CI: '1', WRANGLER_SEND_METRICS: 'false', WRANGLER_LOG: 'log' },
    },
  )
  expect(status).toBe(1)
  expect(stdout + stderr).toContain('Name an environment: --env staging or --env production.')
})
