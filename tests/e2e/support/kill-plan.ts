// Kills at set places of a load, each while requests are under way: `kill -9` of the worker's process, of a region's
// engine, of everything.

import { killAndWait } from '../../../scripts/local/processes.ts'
import { type Platform, startPlatform } from './platform.ts'

export type Kill = 'worker' | 'everything' | { region: string } | { back: string }

export interface KillPlan {
  /** So many requests are answered: what is due is done, one after the other. */
  reached(count: number): void
  /** Settles when all that was due is done; rejects when something could not be done. */
  settled(): Promise<void>
  done: Kill[]
  /** The platform as it is now: killing everything makes another. */
  platform(): Platform
}

export function killPlan(started: Platform, plan: [atCount: number, kill: Kill][]): KillPlan {
  let platform = started
  let chain: Promise<void> = Promise.resolve()
  const left = [...plan]
  const done: Kill[] = []

  async function act(kill: Kill): Promise<void> {
    if (kill === 'worker') await killPart('worker')
    else if (kill === 'everything') {
      await platform.kill()
      platform = await startPlatform({ noDemo: true, dir: platform.dir, port: platform.port })
    } else if ('region' in kill) await killPart(`${kill.region} engine`)
    else await platform.region('start', kill.back)
    done.push(kill)
  }

  async function killPart(name: string): Promise<void> {
    const part = platform.run().parts.find((one) => one.name === name)
    if (!part) throw new Error(`The run file has no part ${name}.`)
    await killAndWait(part)
  }

  return {
    done,
    platform: () => platform,
    settled: () => chain,
    reached(count) {
      while (left[0] !== undefined && count >= left[0][0]) {
        const [, kill] = left.shift() as [number, Kill]
        chain = chain.then(() => act(kill))
        // Heard by `settled`; until then nobody listens.
        chain.catch(() => {})
      }
    },
  }
}
