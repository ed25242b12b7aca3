// `npm run dev`: `wrangler dev`, with reload, on the same regions, keys and data as `npm start`; slower, since requests
// pass its proxy. The bindings that differ here are passed by name; secrets go through a file that only its owner reads.

import { spawn } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { CannotStart, startParts, untilReady } from './local/platform.ts'
import { endingWithParent } from './local/processes.ts'
import { partOf } from './local/run-file.ts'
import { root, stateDir } from './local/state-dir.ts'

const state = stateDir()
const port = Number(process.env.PORT ?? 8787)
const ending = Promise.withResolvers<number>()
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => ending.resolve(0))

try {
  const parts = await startParts({ state, port, lagMs: Number(process.env.LAUREL_LAG_MS ?? 50), say: (line) => console.log(`  ${line}`) })
  const variables = join(state.dir, '.dev.vars')
  // A dotenv value in single quotes is taken as it stands; none of ours holds one.
  const lines = Object.entries(parts.bindings).map(([name, value]) => `${name}='${value}'`)
  writeFileSync(variables, `${lines.join('\n')}\n`, { mode: 0o600 })
  const wrangler = (args: string[]) => {
    const { command, args: all } = endingWithParent(join(root, 'node_modules/.bin/wrangler'), args, 'TERM')
    return spawn(command, all, {
      cwd: root,
      stdio: 'inherit',
      env: { ...process.env, WRANGLER_SEND_METRICS: 'false', CI: process.env.CI ?? '1' },
    })
  }
  const store = ['--persist-to', state.worker]
  const migrating = wrangler(['d1', 'migrations', 'apply', 'INDEX', '--local', ...store])
  await new Promise((resolve) => migrating.once('exit', resolve))
  const serving = wrangler(['dev', '--ip', '127.0.0.1', '--port', String(port), '--env-file', variables, ...store])
  serving.once('exit', (code) => ending.resolve(code ?? 1))
  parts.addPart(partOf('wrangler dev', serving.pid ?? 0, { port }))
  untilReady(parts.run.baseUrl, state).then(parts.setReady, (error) => console.error(error.message))

  const code = await Promise.race([ending.promise, parts.regions.lost])
  if (serving.exitCode === null) {
    const ended = new Promise((resolve) => serving.once('exit', resolve))
    serving.kill('SIGINT')
    await ended
  }
  await parts.close()
  process.exit(code)
} catch (error) {
  console.error(error instanceof CannotStart ? error.message : error)
  process.exit(1)
}
