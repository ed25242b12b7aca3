// Two tenants side by side. The ordinary one does the same at the same rate all the time; what its answers take is
// measured alone, then beside each thing that the other does, with a measure alone before every one of them, since the
// machine has moods.

import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Extent } from '../extent.ts'
import { type LocalPlatform, startLocalPlatform } from '../local-platform.ts'
import { loadGenerator } from '../open-loop/generator.ts'
import type { LoadPlan, LoadResult } from '../open-loop/shots.ts'
import { cpuMicroseconds } from '../process-cpu.ts'
import { type Machine, machineOf } from '../table.ts'
import type { OrdinaryPlan } from './ordinary.ts'
import { uploadPicture } from './pictures.ts'
import { prepareTenants } from './prepare.ts'
import { type HostilePlan, paceOf, type ScenarioName, scenarioNames } from './scenarios.ts'

export interface TenantsOptions {
  extent: Extent
  scenarios?: readonly ScenarioName[]
  say(line: string): void
}

export interface Scenario {
  name: ScenarioName
  alone: LoadResult
  beside: LoadResult
  hostile: LoadResult
  /** In processors. */
  workerCpu: { alone: number; beside: number }
}

export interface TenantsReport {
  atMs: number
  machine: Machine
  pace: Pace
  scenarios: Scenario[]
}

export interface Pace {
  ratePerSecond: number
  warmUpMs: number
  windowMs: number
  /** Of the large picture, in pixels. */
  side: number
}

const paces: Record<Extent, Pace> = {
  full: { ratePerSecond: 40, warmUpMs: 3_000, windowMs: 20_000, side: 4_000 },
  quick: { ratePerSecond: 40, warmUpMs: 1_000, windowMs: 5_000, side: 4_000 },
  smoke: { ratePerSecond: 20, warmUpMs: 200, windowMs: 1_000, side: 400 },
}
const smallSide = 256
const outstandingAtMost = 500
const answerWithinMs = 60_000

export async function runTenants({ extent, scenarios = scenarioNames, say }: TenantsOptions): Promise<TenantsReport> {
  const pace = paces[extent]
  const dir = mkdtempSync(join(tmpdir(), 'laurel-tenants-'))
  const closing: (() => unknown)[] = []
  let isDone = false
  try {
    say('starting the platform')
    const platform = await startLocalPlatform(dir)
    closing.unshift(platform.close)
    say('making two tenants')
    const { ordinary, hostile } = await prepareTenants(platform, pace.side)
    const [ordinaryGenerator, hostileGenerator] = [loadGenerator(), loadGenerator()]
    closing.unshift(ordinaryGenerator.close, hostileGenerator.close)
    const timed = ordinaryLoads(platform, pace, ordinary, ordinaryGenerator.run)
    say('warming up')
    await timed()
    const found: Scenario[] = []
    for (const name of scenarios) {
      say(name)
      const alone = await timed()
      const data: HostilePlan = { ...hostile, scenario: name, idPrefix: name.replaceAll(' ', '-') }
      const [beside, worst] = await Promise.all([
        timed(),
        hostileGenerator.run({
          baseUrl: platform.baseUrl,
          source: { module: new URL('./scenarios.ts', import.meta.url).href, data },
          pace: paceOf[name],
          forMs: pace.warmUpMs + pace.windowMs,
          warmUpMs: 0,
          outstandingAtMost,
          timeoutMs: answerWithinMs,
          seed: 1,
          firstNumber: 0,
        }),
      ])
      const workerCpu = { alone: alone.workerCpu, beside: beside.workerCpu }
      found.push({ name, alone: alone.result, beside: beside.result, hostile: worst, workerCpu })
    }
    isDone = true
    return { atMs: Date.now(), machine: machineOf(), pace, scenarios: found }
  } finally {
    for (const close of closing) await close()
    if (isDone) rmSync(dir, { recursive: true, force: true })
    else say(`failed; logs are in ${dir}`)
  }
}

type Ordinary = Awaited<ReturnType<typeof prepareTenants>>['ordinary']

/** Each with a picture of its own, so that the same sizes are new again. */
function ordinaryLoads({ baseUrl, pid }: LocalPlatform, pace: Pace, tenant: Ordinary, run: (plan: LoadPlan) => Promise<LoadResult>) {
  let turn = 0
  return async (): Promise<{ result: LoadResult; workerCpu: number }> => {
    turn++
    const picturePath = await uploadPicture(baseUrl, tenant.admin, tenant.workspaceId, `small-${turn}`, smallSide)
    const data: OrdinaryPlan = {
      users: tenant.users,
      machine: tenant.machines[0] as string,
      activityId: tenant.activityId,
      boardId: tenant.boardIds[0] as string,
      idPrefix: `turn-${turn}`,
      picturePath,
      address: `203.0.113.${turn}`,
      seed: turn,
    }
    const [startedAt, cpuAtStart] = [performance.now(), cpuMicroseconds(pid)]
    const result = await run({
      baseUrl,
      source: { module: new URL('./ordinary.ts', import.meta.url).href, data },
      pace: { kind: 'open', ratePerSecond: pace.ratePerSecond },
      forMs: pace.warmUpMs + pace.windowMs,
      warmUpMs: pace.warmUpMs,
      outstandingAtMost,
      timeoutMs: answerWithinMs,
      seed: turn,
      firstNumber: 0,
    })
    return { result, workerCpu: (cpuMicroseconds(pid) - cpuAtStart) / 1000 / (performance.now() - startedAt) }
  }
}
