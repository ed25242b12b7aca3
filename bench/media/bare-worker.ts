// The bare Worker, served just as the platform's is (scripts/local/worker.ts: workerd's own socket under Miniflare), so that
// the two differ in the work and in nothing else. It logs nothing, so Miniflare, which lives in this process, has nothing to do.

import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { freePort } from '../../scripts/local/ports.ts'
import { root, stateDir } from '../../scripts/local/state-dir.ts'
import { startWorker } from '../../scripts/local/worker.ts'
import type { BenchFile } from './files.ts'

export interface BareWorker {
  /** Of workerd. */
  pid: number
  /** Where the bytes are read from. */
  url(store: 'memory' | 'cache' | 'r2', file: BenchFile): string
  close(): Promise<void>
}

export async function startBareWorker(dir: string, files: readonly BenchFile[]): Promise<BareWorker> {
  const state = stateDir(dir)
  mkdirSync(state.dir, { recursive: true })
  const port = await freePort()
  const host = '127.0.0.1'
  const worker = await startWorker({ state, host, port, bindings: {}, configPath: writeConfig(state.dir), onRestart: () => {} })
  const url: BareWorker['url'] = (store, { name }) => `http://${host}:${port}/${store}/${name}`
  try {
    for (const file of files) {
      const kept = await fetch(url('memory', file), { method: 'PUT', body: file.bytes })
      if (!kept.ok) throw new Error(`the bare Worker does not keep ${file.name}: ${kept.status} ${await kept.text()}`)
    }
    return { pid: worker.pid, url, close: worker.close }
  } catch (error) {
    await worker.close()
    throw error
  }
}

/** Made here: in the checkout only the real Worker has a configuration and a default export. Dated as that one is. */
function writeConfig(dir: string): string {
  const [, date] = /^compatibility_date = "(.+)"$/m.exec(readFileSync(join(root, 'wrangler.toml'), 'utf8')) ?? []
  const main = join(dir, 'worker.ts')
  const config = join(dir, 'wrangler.toml')
  writeFileSync(
    main,
    `import { serve } from ${JSON.stringify(join(root, 'bench/media/workers/bytes.ts'))}
let handle
export default { fetch: (request, env) => (handle ??= serve(env))(request) }
`,
  )
  writeFileSync(
    config,
    `name = "bare"
main = ${JSON.stringify(main)}
compatibility_date = "${date}"
compatibility_flags = ["nodejs_compat"]
[[r2_buckets]]
binding = "BYTES"
bucket_name = "bare"
`,
  )
  return config
}
