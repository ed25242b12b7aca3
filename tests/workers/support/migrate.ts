// Before the tests of each file: the index has its tables. Applying again changes nothing.

import { applyD1Migrations } from 'cloudflare:test'
import { env } from 'cloudflare:workers'

const { INDEX, TEST_MIGRATIONS } = env as unknown as { INDEX: D1Database; TEST_MIGRATIONS: string }

await applyD1Migrations(INDEX, JSON.parse(TEST_MIGRATIONS))
