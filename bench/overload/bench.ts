// The whole run: the platform as `npm start` starts it, a workspace of many users and boards, the load that it can just take,
// and then once, twice, five and ten times that, one after the other without a pause. Then it is left alone until it
// is at rest, and everything is counted.

import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { audit } from '../../scripts/audit/audit.ts'
import { operator, settleAll } from '../../scripts/audit/operator.ts'
import type { Extent } from '../extent.ts'
import { startLocalPlatform } from '../local-platform.ts'
import { type LoadGenerator, loadGenerator } from '../open-loop/generator.ts'
import type { LoadPlan, LoadResult } from '../open-loop/shots.ts'
import { type Machine, machineOf } from '../table.ts'
import { type ActivityWatch, between, type Stretch, watchActivity } from './activity.ts'
import type { EventsPlan } from './events.ts'
import { type Counted, countEvents } from './ledger.ts'
import { prepareWorkload, type Workload, type WorkloadSize } from './prepare.ts'
import { type Rest, timeToRest } from './rest.ts'

export interface OverloadOptions {
  extent: Extent
  size?: Partial<WorkloadSize>
  /** Of each step; the extent's own otherwise. */
  stepSeconds?: number
  factors?: number[]
  say(line: string): void
}

export interface Pace {
  /** Before 1× is looked for: until every board is there and the users' objects are awake. */
  firstWarmUpMs: number
  warmUpMs: number
  saturationMs: number
  stepMs: number
  quietMs: number
  restPatienceMs: number
}

export interface Step {
  name: string
  /** Times 1×; null where the load is closed. */
  factor: number | null
  offeredPerSecond: number | null
  load: Omit<LoadResult, 'acknowledged'>
  platform: Stretch
}

export interface OverloadReport {
  atMs: number
  machine: Machine
  extent: Extent
  size: WorkloadSize
  pace: Pace
  /** Goodput of the closed loop: recorded answers a second. */
  onePerSecond: number
  steps: Step[]
  rest: Rest
  counted: Counted
  /** What `verify` finds at rest, without helping any object along. */
  differences: number
  firstDifferences: string[]
  boards: number
}

const workspace = 'overload'
const sizes: Record<Extent, WorkloadSize> = {
  full: { users: 500, series: 13, boards: 1_600, machines: 4 },
  quick: { users: 500, series: 13, boards: 1_600, machines: 4 },
  smoke: { users: 20, series: 3, boards: 12, machines: 2 },
}
const paces: Record<Extent, Pace> = {
  full: { firstWarmUpMs: 15_000, warmUpMs: 5_000, saturationMs: 20_000, stepMs: 30_000, quietMs: 20_000, restPatienceMs: 20 * 60_000 },
  quick: { firstWarmUpMs: 5_000, warmUpMs: 2_000, saturationMs: 8_000, stepMs: 8_000, quietMs: 15_000, restPatienceMs: 60_000 },
  smoke: { firstWarmUpMs: 500, warmUpMs: 500, saturationMs: 1_500, stepMs: 1_500, quietMs: 12_000, restPatienceMs: 60_000 },
}
/** Requests that are out at once while 1× is looked for: enough to keep the engine busy, too few to queue for seconds. */
const closedOutstanding = 32
const outstandingAtMost = 2_000
const answerWithinMs = 30_000
const differencesShown = 10

export async function runOverload({ extent, factors = [1, 2, 5, 10], say, ...options }: OverloadOptions): Promise<OverloadReport> {
  const size = { ...sizes[extent], ...options.size }
  const pace = { ...paces[extent], ...(options.stepSeconds && { stepMs: options.stepSeconds * 1000 }) }
  // In memory where there is such a place: what is asked is what the platform does, not how fast this disk is.
  const dir = mkdtempSync(join(existsSync('/dev/shm') ? '/dev/shm' : tmpdir(), 'laurel-overload-'))
  const closing: (() => unknown)[] = []
  let isDone = false
  try {
    say('starting the platform')
    const platform = await startLocalPlatform(dir)
    closing.unshift(platform.close)
    say(`making ${size.users} users and ${size.series} series`)
    const workload = await prepareWorkload(platform.baseUrl, platform.issuing, workspace, size)
    const own = operator(platform.baseUrl, platform.issuing.operatorKey, workload.workspaceId)
    if (!(await settleAll(own))) say('users are still being made; going on')
    const watch = watchActivity(platform)
    const generator = loadGenerator()
    closing.unshift(generator.close, watch.close)
    const acknowledged = new Set<string>()
    const step = loadSteps({ baseUrl: platform.baseUrl, workload, pace, generator, watch, acknowledged })

    say('looking for 1×')
    await step('warm-up', null, { kind: 'closed', outstanding: closedOutstanding }, pace.firstWarmUpMs)
    const saturation = await step('saturation', null, { kind: 'closed', outstanding: closedOutstanding }, pace.saturationMs)
    const onePerSecond = perSecond(saturation, 'record')
    const steps = [saturation]
    for (const factor of factors) {
      const ratePerSecond = Math.max(1, onePerSecond * factor)
      say(`${factor}×: ${ratePerSecond.toFixed(0)} a second`)
      steps.push(await step(`${factor}×`, factor, { kind: 'open', ratePerSecond }, pace.stepMs))
    }
    say('waiting for rest')
    const rest = await timeToRest(watch, { quietMs: pace.quietMs, patienceMs: pace.restPatienceMs, say })
    say('counting')
    const found = await audit(own)
    const counted = await countEvents(platform.baseUrl, workload.machines[0] as string, workload.users, acknowledged)
    isDone = true
    return {
      atMs: Date.now(),
      machine: machineOf(),
      extent,
      size,
      pace,
      onePerSecond,
      steps,
      rest,
      counted,
      differences: found.differences.length,
      firstDifferences: found.differences.slice(0, differencesShown),
      boards: found.boards.length,
    }
  } finally {
    for (const close of closing) await close()
    if (isDone) rmSync(dir, { recursive: true, force: true })
    else say(`failed; logs are in ${dir}`)
  }
}

interface LoadsOf {
  baseUrl: string
  workload: Workload
  pace: Pace
  generator: LoadGenerator
  watch: ActivityWatch
  acknowledged: Set<string>
}

/** Steps of one run: events are numbered through, and what was acknowledged is kept. */
function loadSteps({ baseUrl, workload, pace: { warmUpMs }, generator, watch, acknowledged }: LoadsOf) {
  const { users, machines, activityId, monthsMs } = workload
  let fired = 0
  return async (name: string, factor: number | null, pace: LoadPlan['pace'], forMs: number): Promise<Step> => {
    const data: EventsPlan = { users, machines, activityId, monthsMs, idPrefix: 'event', seed: fired + 1 }
    const plan: LoadPlan = {
      baseUrl,
      source: { module: new URL('./events.ts', import.meta.url).href, data },
      pace,
      forMs: warmUpMs + forMs,
      warmUpMs,
      outstandingAtMost,
      timeoutMs: answerWithinMs,
      seed: fired + 2,
      firstNumber: fired,
    }
    const before = await watch.look()
    const { acknowledged: ids, ...load } = await generator.run(plan)
    fired += load.arrivals
    for (const id of ids) acknowledged.add(id)
    const offeredPerSecond = pace.kind === 'open' ? pace.ratePerSecond : null
    return { name, factor, offeredPerSecond, load, platform: between(before, await watch.look()) }
  }
}

/** Answers of this outcome a second, within the window. */
export const perSecond = ({ load }: Step, outcome: string): number =>
  load.answers.filter((one) => one.outcome === outcome).reduce((sum, { inWindow }) => sum + inWindow, 0) / (load.windowMs / 1000)
