// The whole benchmark, in one run: starts what is measured, measures it in rounds, ends it, and gives the report.

import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { cannon } from '../cannon.ts'
import type { Extent } from '../extent.ts'
import { type Pace, runRounds } from '../rounds.ts'
import { startActivityLogVariants } from './activity-logs.ts'
import { startEdgeVariants } from './edge-variants.ts'
import { type Report, reportOf } from './report.ts'

export interface BenchOptions {
  extent: Extent
  /** Variants whose names match; bare always. */
  only?: RegExp
  /** False: only what needs workerd alone. */
  hasPlatform: boolean
  say(line: string): void
}

interface Size {
  pace: Pace
  coldTokens: number
  principals: number
  mixWarmUpMs: number
  boardMembers: number
  users: number
}

const sizes: Record<Extent, Size> = {
  full: {
    pace: { rounds: 5, connections: 32, firstWarmUpMs: 4_000, warmUpMs: 300, windowMs: 2_000, referenceEvery: 3 },
    coldTokens: 3_200,
    principals: 5_000,
    mixWarmUpMs: 6_000,
    boardMembers: 100_000,
    users: 128,
  },
  quick: {
    pace: { rounds: 3, connections: 32, firstWarmUpMs: 1_500, warmUpMs: 200, windowMs: 700, referenceEvery: 3 },
    coldTokens: 1_600,
    principals: 4_000,
    mixWarmUpMs: 4_000,
    boardMembers: 20_000,
    users: 64,
  },
  /** Says that everything answers and is counted, and nothing about speed. */
  smoke: {
    pace: { rounds: 1, connections: 4, firstWarmUpMs: 20, warmUpMs: 5, windowMs: 20, referenceEvery: 20 },
    coldTokens: 8,
    principals: 8,
    mixWarmUpMs: 0,
    boardMembers: 200,
    users: 4,
  },
}

export async function runBench({ extent, only, hasPlatform, say }: BenchOptions): Promise<Report> {
  const { pace, users, ...edgeSizes } = sizes[extent]
  const dir = mkdtempSync(join(tmpdir(), 'laurel-bench-'))
  const closing: (() => Promise<void>)[] = []
  let isDone = false
  try {
    say('starting workerd')
    const edge = await startEdgeVariants(join(dir, 'edge'), edgeSizes)
    closing.push(edge.close)
    const variants = [...edge.variants]
    if (hasPlatform) {
      say('starting the platform')
      const logs = await startActivityLogVariants(join(dir, 'platform'), users)
      closing.push(logs.close)
      variants.push(...logs.variants)
    }
    const chosen = variants.filter(({ name }, i) => i === 0 || only === undefined || only.test(name))
    say(`warming up ${chosen.length} variants`)
    const report = reportOf(chosen, await runRounds(chosen, pace, { drive: cannon, say }), pace, Date.now())
    isDone = true
    return report
  } finally {
    await Promise.all(closing.map((close) => close()))
    if (isDone) rmSync(dir, { recursive: true, force: true })
    else say(`failed; logs are in ${dir}`)
  }
}
