// Rounds over all variants in turn, so that what the machine does meanwhile befalls them all alike; and the bare Worker
// again after every few, so that each is compared with what bare did just before and just after it.

import { type Driver, type Load, measure, type Stretch } from './load.ts'
import type { Variant } from './variant.ts'

export interface Pace {
  rounds: number
  connections: number
  /** Once, before the first round: until the code is compiled and the pools are known. */
  firstWarmUpMs: number
  warmUpMs: number
  windowMs: number
  /** Variants between two looks at bare. */
  referenceEvery: number
}

export interface Round extends Stretch {
  /** Requests a second, of what bare had around it. */
  ofBare: number
}

export interface Running {
  drive: Driver
  say(line: string): void
}

/** By the variant's name. The first variant is the one to compare with. Throws where an answer is not what it should be. */
export async function runRounds(variants: readonly Variant[], pace: Pace, { drive, say }: Running): Promise<Map<string, Round[]>> {
  const [bare, ...others] = variants
  if (!bare) throw new Error('nothing to measure')
  const found = new Map<string, Round[]>(variants.map(({ name }) => [name, []]))
  const run = async (variant: Variant, leastWarmUpMs: number, windowMs = pace.windowMs): Promise<Stretch> => {
    const warmUpMs = Math.max(leastWarmUpMs, variant.warmUpMs ?? 0)
    const connections = Math.min(pace.connections, variant.connections ?? pace.connections)
    const requests = (connection: number) => variant.requests(connection, connections)
    const load: Load = { url: variant.url, pids: variant.pids, requests, connections, warmUpMs, windowMs }
    return checked(variant, await measure(load, drive))
  }

  for (const variant of variants) {
    await answersRight(variant)
    // The speed depends on the mix, and the mix on the speed.
    for (let tries = variant.calibrate ? 3 : 1; tries > 0; tries--) {
      const { requests, windowMs } = await run(variant, pace.firstWarmUpMs / 2, pace.firstWarmUpMs / 2)
      variant.calibrate?.(requests / (windowMs / 1000))
    }
  }
  for (let round = 1; round <= pace.rounds; round++) {
    say(`round ${round} of ${pace.rounds}`)
    let before = await run(bare, pace.warmUpMs)
    found.get(bare.name)?.push({ ...before, ofBare: 1 })
    for (let at = 0; at < others.length; at += pace.referenceEvery) {
      const group = others.slice(at, at + pace.referenceEvery)
      const measured: Stretch[] = []
      for (const variant of group) measured.push(await run(variant, pace.warmUpMs))
      const after = await run(bare, pace.warmUpMs)
      const reference = (rate(before) + rate(after)) / 2
      for (const [i, stretch] of measured.entries())
        found.get(group[i]?.name ?? '')?.push({ ...stretch, ofBare: rate(stretch) / reference })
      before = after
    }
  }
  return found
}

export const rate = ({ requests, windowMs }: Stretch): number => requests / (windowMs / 1000)

async function answersRight(variant: Variant): Promise<void> {
  const [request = {}] = variant.requests(0, 1)
  const { setupRequest = (given) => given } = request
  const { method, headers, body, path } = setupRequest(request)
  const response = await fetch(path === undefined ? variant.url : new URL(path, variant.url), { method, headers, body })
  if (!variant.expects.includes(response.status))
    throw new Error(`${variant.name} answered ${response.status}: ${(await response.text()).slice(0, 500)}`)
  if (variant.check) await variant.check(response)
  else await response.arrayBuffer()
}

function checked(variant: Variant, stretch: Stretch): Stretch {
  const wrong = Object.keys(stretch.statuses).filter((status) => !variant.expects.includes(Number(status)))
  if (stretch.requests === 0) throw new Error(`${variant.name} was never answered`)
  if (wrong.length > 0 || stretch.errors > 0)
    throw new Error(`${variant.name}: ${JSON.stringify(stretch.statuses)}, ${stretch.errors} connections failed`)
  return stretch
}
