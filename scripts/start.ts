// `npm start`: the platform, whole, from whatever state the last run left; and a demo workspace to look at.

import { parseArgs } from 'node:util'
import { CannotStart, startPlatform } from './local/platform.ts'
import { describeStart } from './local/start-page.ts'
import { stateDir } from './local/state-dir.ts'

const { values } = parseArgs({
  options: {
    'no-demo': { type: 'boolean', default: false },
    /** Mean replication lag between the regions. */
    lag: { type: 'string', default: process.env.LAUREL_LAG_MS ?? '50' },
    /** Regions that are away at the start: `eu-west-1,eu-north-1`. */
    stopped: { type: 'string', default: '' },
    config: { type: 'string' },
    help: { type: 'boolean', short: 'h', default: false },
  },
})
if (values.help) {
  console.log(
    'npm start [-- --no-demo] [-- --lag <ms>] [-- --stopped <regions>]     PORT, LAUREL_DIR and LAUREL_LAG_MS from the environment',
  )
  process.exit(0)
}

const startedAt = Date.now()
const say = (line: string) => console.log(`  ${line}`)
const state = stateDir()
const port = Number(process.env.PORT ?? 8787)
const ending = Promise.withResolvers<void>()
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => ending.resolve())

try {
  if (!Number.isInteger(port) || port < 1 || port > 65535) throw new CannotStart(`PORT is not a port: ${process.env.PORT}`)
  console.log('Starting Laurel')
  const vars = Object.fromEntries(
    Object.entries(process.env).flatMap(([name, value]) =>
      name.startsWith('LAUREL_VAR_') && value !== undefined ? [[name.slice(11), value]] : [],
    ),
  )
  const starting = startPlatform({
    state,
    port,
    lagMs: Number(values.lag),
    signatureValidMs: process.env.LAUREL_SIGNATURE_VALID_MS ? Number(process.env.LAUREL_SIGNATURE_VALID_MS) : undefined,
    stoppedRegions: values.stopped.split(',').filter(Boolean),
    configPath: values.config,
    vars,
    say,
  })
  const platform = await starting
  say(`serving ${platform.baseUrl} after ${((Date.now() - startedAt) / 1000).toFixed(1)} s`)
  try {
    await Promise.race([ending.promise, platform.lost, serve()])
  } finally {
    console.log('Stopping')
    await platform.close()
  }

  async function serve(): Promise<never> {
    const demo = values['no-demo'] ? undefined : await (await import('./import/demo.ts')).fillDemo({ ...platform, log: say })
    console.log(await describeStart(platform, demo))
    return new Promise<never>(() => {})
  }
  process.exit(0)
} catch (error) {
  console.error(error instanceof CannotStart ? error.message : error)
  process.exit(1)
}
