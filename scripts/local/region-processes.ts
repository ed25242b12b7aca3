// Both regions, each in its own process, joined so that each replicates to the other.

import { type ChildProcess, spawn } from 'node:child_process'
import { closeSync, mkdirSync, openSync } from 'node:fs'
import { join } from 'node:path'
import { endingWithParent } from './processes.ts'
import type { RegionOptions } from './region.ts'
import { tapControl } from './tap/control-client.ts'

export interface RegionProcess {
  region: string
  url: string
  controlUrl: string
  pid: number
  enginePid: number
  enginePort: number
  engine: string
  /** The database could not be read any more and was put there: the region began empty. */
  putAside?: string
}

export type EngineProcess = Pick<RegionProcess, 'region' | 'engine' | 'enginePid' | 'enginePort'>

export interface RegionProcesses {
  regions: RegionProcess[]
  /** Rejects, naming the region, when one of the processes ends before it is told to. */
  lost: Promise<never>
  close(): Promise<void>
}

const entry = join(import.meta.dirname, 'region-process.ts')

/** Rejects with the reason when a region does not come up; none is left running then. */
export async function startRegionProcesses(
  names: readonly string[],
  { onEngine, ...options }: Omit<RegionOptions, 'region'> & { onEngine?: (engine: EngineProcess) => void },
): Promise<RegionProcesses> {
  const children: ChildProcess[] = []
  let isClosing = false
  const close = async () => {
    isClosing = true
    await Promise.all(children.map(end))
  }
  const { promise: lost, reject: lose } = Promise.withResolvers<never>()
  lost.catch(() => {})
  try {
    const regions = await Promise.all(
      names.map((region) => {
        const child = launch({ ...options, region })
        children.push(child)
        child.once('exit', () => {
          if (!isClosing) lose(new Error(`The process of region ${region} ended.`))
        })
        child.on('message', (message: Partial<RegionProcess>) => {
          if (message.enginePid) onEngine?.(message as EngineProcess)
        })
        return announced(child, region)
      }),
    )
    for (const one of regions) {
      for (const other of regions) if (other !== one) await tapControl(one.controlUrl).connect(other.controlUrl)
    }
    return { regions, lost, close }
  } catch (error) {
    await close()
    throw error
  }
}

function launch(options: RegionOptions): ChildProcess {
  mkdirSync(join(options.dir, 'logs'), { recursive: true })
  const log = openSync(join(options.dir, 'logs', `region-${options.region}.log`), 'a')
  const { command, args } = endingWithParent(process.execPath, ['--disable-warning=ExperimentalWarning', entry, JSON.stringify(options)])
  const child = spawn(command, args, { stdio: ['ignore', log, log, 'ipc'], detached: true })
  closeSync(log)
  return child
}

function announced(child: ChildProcess, region: string): Promise<RegionProcess> {
  return new Promise((resolve, reject) => {
    child.once('message', (message: RegionProcess | { failed: string }) =>
      'failed' in message ? reject(new Error(`Region ${region}: ${message.failed}`)) : resolve(message),
    )
    child.once('exit', (code) => reject(new Error(`Region ${region} ended with code ${code} before it was up.`)))
    child.once('error', reject)
  })
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null || child.pid === undefined) return
  const exited = new Promise((resolve) => child.once('exit', resolve))
  const last = setTimeout(() => child.kill('SIGKILL'), 3000)
  child.kill('SIGTERM')
  await exited
  clearTimeout(last)
}
