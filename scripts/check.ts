// `npm run check`: everything about the project that can be told without running it. Every step runs, so that one look
// shows all there is to mend.

import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { runStep, type Step } from './local/steps.ts'

const deploy = (environment: string): Step => ({
  name: `deploy --dry-run (${environment})`,
  command: 'wrangler',
  args: ['deploy', '--dry-run', '--env', environment, '--outdir', join(tmpdir(), `laurel-${process.pid}-${environment}`)],
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
process.exit(failed === 0 ? 0 : 1)
