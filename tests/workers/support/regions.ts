// The two regions as tests break them: through the taps' control doors, which answer while a region is down.

import { env, exports } from 'cloudflare:workers'
import { expect } from 'vitest'
import { tapControl } from '../../../scripts/local/tap/control-client.ts'

const listed: { region: string; controlUrl: string }[] = JSON.parse((env as unknown as { TEST_REGIONS: string }).TEST_REGIONS)

export const regionNames = listed.map(({ region }) => region)
const controls = new Map(listed.map(({ region, controlUrl }) => [region, tapControl(controlUrl)]))

export function control(region: string) {
  const found = controls.get(region)
  if (!found) throw new Error(`There is no region ${region}.`)
  return found
}

export const everyRegion = (command: 'stop' | 'start') => Promise.all(regionNames.map((region) => control(region)[command]()))

/** The regions that the Worker itself finds up: asking is also what closes the breakers of this isolate. */
export async function regionsUp(): Promise<string[]> {
  const health = await exports.default.fetch('http://laurel.test/health/ready')
  const { parts } = (await health.json()) as { parts: { name: string; up: boolean }[] }
  return regionNames.filter((region) => parts.some(({ name, up }) => name === region && up))
}

/** Brings both back, free of faults, and waits until the Worker has found out. */
export async function mend(): Promise<void> {
  await Promise.all(regionNames.map((region) => control(region).clearRules()))
  await everyRegion('start')
  await expect.poll(regionsUp, { timeout: 20_000, interval: 100 }).toEqual(regionNames)
}
