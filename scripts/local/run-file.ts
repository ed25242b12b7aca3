// `.laurel/run.json`: which processes and ports make up the running platform. Written in one step, so a reader never sees
// half of it; claimed exclusively, so two starts cannot share one state directory; and believed only where the process it
// names is still the very one (pid, start time and command line), since after a crash the numbers belong to anyone.

import { linkSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { identify, isStillRunning, killAndWait, type ProcessIdentity } from './processes.ts'

export interface Part extends ProcessIdentity {
  name: string
  port?: number
  url?: string
  controlUrl?: string
  engine?: string
}

export interface Run {
  version: 1
  startedAt: string
  baseUrl: string
  dir: string
  /** False until commands are served. */
  ready: boolean
  parts: Part[]
}

export const platformPart = 'platform'

export function readRun(file: string): Run | undefined {
  try {
    const run = JSON.parse(readFileSync(file, 'utf8')) as Run
    return run.version === 1 && Array.isArray(run.parts) ? run : undefined
  } catch {
    return undefined
  }
}

/** The platform that runs in this directory, if one does. */
export function liveRun(file: string): Run | undefined {
  const run = readRun(file)
  const platform = run?.parts.find((part) => part.name === platformPart)
  return run && platform && isStillRunning(platform) ? run : undefined
}

export function writeRun(file: string, run: Run): void {
  writeFileSync(beside(file), JSON.stringify(run, null, 2), { mode: 0o600 })
  renameSync(beside(file), file)
}

/**
 * Makes the directory ours: ends what a killed platform left behind, and writes the first run file.
 * Returns the run that is in the way when a platform is running there already. `onLeftover` hears of each process ended.
 */
export async function claimRun(file: string, run: Run, onLeftover: (part: Part) => void): Promise<Run | undefined> {
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 })
  for (;;) {
    const live = liveRun(file)
    if (live) return live
    // Children first known by a dead parent may outlive it where the kernel does not end them with it.
    for (const part of readRun(file)?.parts ?? []) {
      if (!isStillRunning(part)) continue
      onLeftover(part)
      await killAndWait(part)
    }
    rmSync(file, { force: true })
    writeFileSync(beside(file), JSON.stringify(run, null, 2), { mode: 0o600 })
    try {
      linkSync(beside(file), file)
      return undefined
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
    } finally {
      rmSync(beside(file), { force: true })
    }
  }
}

/** The part for a process that runs now. Throws when it does not. */
export function partOf(name: string, pid: number, rest: Omit<Part, keyof ProcessIdentity | 'name'> = {}): Part {
  const identity = identify(pid)
  if (!identity) throw new Error(`${name} (process ${pid}) is not running.`)
  return { name, ...identity, ...rest }
}

const beside = (file: string) => `${file}.${process.pid}`
