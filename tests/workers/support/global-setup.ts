// Before the tests inside workerd: two regions with their taps, in a directory of their own, and the values the Worker is
// bound to. The tests sign their own tokens with TEST_SIGNING_KEY and break regions through TEST_REGIONS.

import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { readD1Migrations } from '@cloudflare/vitest-plugin'
import type { TestProject } from 'vitest/node'
import { localCredentials, localRegions } from '../../../scripts/local/credentials.ts'
import { localKeys } from '../../../scripts/local/keys.ts'
import { startRegionProcesses } from '../../../scripts/local/region-processes.ts'
import { localAccountId } from '../../../scripts/local/tokens.ts'
import { apiAudience } from '../../../workers/edge/auth/audience.ts'

export interface WorkersContext {
  bindings: Record<string, string>
}

/** Files that no test in workerd can read for itself: JSONTestSuite, in base64. Null where it is not there. */
export interface JsonVectors {
  files: { name: string; base64: string }[] | null
  /** Where it counts, it may not be missing. */
  isCi: boolean
}

declare module 'vitest' {
  interface ProvidedContext {
    workers: WorkersContext
    jsonVectors: JsonVectors
  }
}

export const testIssuer = 'https://issuer.test'
/** The Worker's own. */
export const ownIssuer = 'http://laurel.test'

export async function setup(project: TestProject): Promise<() => Promise<void>> {
  const dir = mkdtempSync(join(tmpdir(), 'laurel-workers-'))
  const [regions, keys, migrations] = await Promise.all([
    startRegionProcesses(localRegions, { dir, table: 'laurel', lagMs: 20 }),
    localKeys(join(dir, 'keys')),
    readD1Migrations(join(import.meta.dirname, '../../../d1/migrations')),
  ])
  project.provide('workers', {
    bindings: {
      REGIONS: JSON.stringify(regions.regions.map(({ region, url }) => ({ region, endpoint: url }))),
      ISSUERS: JSON.stringify([
        {
          issuer: testIssuer,
          accounts: [localAccountId],
          contexts: ['app', 'dashboard'],
          audience: (['app', 'dashboard'] as const).map((context) => apiAudience(testIssuer, context)),
          jwks: keys.jwks,
        },
      ]),
      AWS_ACCESS_KEY_ID: localCredentials.accessKeyId,
      AWS_SECRET_ACCESS_KEY: localCredentials.secretAccessKey,
      TOKEN_KEY: keys.pageTokenKey,
      OPERATOR_KEY: keys.operatorKey,
      ISSUER: ownIssuer,
      SIGNING_KEYS: keys.keyring,
      // One isolate, so publishing has nobody else to wait for; short, and long enough to be seen to be waited for.
      RULES_REMEMBERED_MS: '200',
      TEST_ISSUER: testIssuer,
      TEST_SIGNING_KEY: JSON.stringify(keys.signing),
      /** [{ region, controlUrl }]: scripts/local/tap/control-client.ts works in workerd too. */
      TEST_REGIONS: JSON.stringify(regions.regions.map(({ region, controlUrl }) => ({ region, controlUrl }))),
      TEST_MIGRATIONS: JSON.stringify(migrations),
    },
  })
  project.provide('jsonVectors', { files: jsonVectors(), isCi: Boolean(process.env.CI) })
  return async () => {
    await regions.close()
    rmSync(dir, { recursive: true, force: true })
  }
}

function jsonVectors(): JsonVectors['files'] {
  const folder = join(import.meta.dirname, '../../../../shared/vectors/JSONTestSuite/test_parsing')
  if (!existsSync(folder)) return null
  return readdirSync(folder).map((name) => ({ name, base64: readFileSync(join(folder, name), 'base64') }))
}
