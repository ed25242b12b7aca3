// A real D1 (Miniflare's, in memory) with the migrations applied.

import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { convertV4MiniflareOptions, Miniflare } from 'miniflare'

const migrations = join(import.meta.dirname, '../../../d1/migrations')

export interface LocalD1 {
  database: D1Database
  dispose(): Promise<void>
}

export async function localD1(): Promise<LocalD1> {
  const worker = { modules: true, script: 'export default { fetch: () => new Response() }', d1Databases: { INDEX: 'index' } } as const
  const miniflare = new Miniflare(convertV4MiniflareOptions({ ...worker, cf: false, telemetry: { enabled: false } }))
  const database = (await miniflare.getD1Database('INDEX')) as unknown as D1Database
  for (const statement of await migrationStatements()) await database.prepare(statement).run()
  return { database, dispose: () => miniflare.dispose() }
}

async function migrationStatements(): Promise<string[]> {
  const files = (await readdir(migrations)).filter((name) => name.endsWith('.sql')).sort()
  const texts = await Promise.all(files.map((name) => readFile(join(migrations, name), 'utf8')))
  return texts
    .flatMap((text) => text.replaceAll(/^--.*$/gm, '').split(';'))
    .map((statement) => statement.trim())
    .filter((statement) => statement !== '')
}
