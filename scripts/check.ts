// `npm run check`: everything about the project that can be told without running it. Every step runs, so that one look
// shows all there is to mend.

import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { runStep, type Step } from './local/steps.ts'

const bundles = mkdtempSync(join(tmpdir(), 'laurel-check-'))

const deploy = (environment: string): Step => ({
  name: `deploy --dry-run (${environment})`,
  command: 'wrangler',
  args: ['deploy', '--dry-run', '--env', environment, '--outdir', join(bundles, environment)],
})

const steps: Step[] = [
  { name: 'formatting and lint', command: 'biome', args: ['ci', '--colors=off', '.'] },
  { name: 'binding types are those of wrangler.toml', command: 'wrangler', args: ['types', '--check'] },
  { name: 'types', command: 'tsc', args: ['-p', '.'] },
  deploy('staging'),
  deploy('production'),
]

let failed = 0
for (const step of steps) if ((await runStep(step)) !== 0) failed++
rmSync(bundles, { recursive: true, force: true })
process.exit(failed === 0 ? 0 : 1)
