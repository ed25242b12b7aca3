// `npm run region -- stop|freeze|start|state eu-west-1`: kills a region of the running platform, makes it hang, brings it
// back. `lag <ms>` sets how far its copies trail. Works from any terminal, over the tap's control door.
// `npm run region -- refill eu-west-1`: fills a region that has lost data from the other, of any platform (LAUREL_URL).

import { platformAddress, platformApi } from './audit/operator.ts'
import { refillRegion } from './audit/refill-region.ts'
import { liveRun } from './local/run-file.ts'
import { stateDir } from './local/state-dir.ts'
import { tapControl } from './local/tap/control-client.ts'

const usage =
  'npm run region -- stop|freeze|start|state <region>     npm run region -- lag <region> <ms>     npm run region -- refill <region>'
const [command = '', name = '', value] = process.argv.slice(2)

async function control(): Promise<void> {
  const state = stateDir()
  const run = liveRun(state.runFile)
  if (!run) throw new Error(`No platform is running on ${state.dir}. Start one: npm start`)
  const regions = run.parts.filter((part) => part.controlUrl)
  const region = regions.find((part) => part.name === name)
  if (!region?.controlUrl) throw new Error(`${usage}\nRegions: ${regions.map((part) => part.name).join(', ')}`)
  const control = tapControl(region.controlUrl)
  const change = {
    stop: control.stop,
    freeze: control.freeze,
    start: control.start,
    state: control.state,
    lag: () => control.setLag(Number(value)),
  }
  if (!(command in change)) throw new Error(usage)
  if (command === 'lag' && !(Number(value) >= 0)) throw new Error(usage)
  const { url, state: now, unsent } = await change[command as keyof typeof change]()
  console.log(`${name} ${now} at ${url}; ${unsent} items wait to be sent to the other region`)
}

async function refill(): Promise<void> {
  if (!name) throw new Error(usage)
  const { baseUrl, key } = platformAddress()
  if (!(await refillRegion(platformApi(baseUrl, key), name, console.log))) process.exitCode = 1
}

try {
  await (command === 'refill' ? refill() : control())
} catch (error) {
  console.error(error instanceof Error ? error.message : error)
  process.exit(1)
}
