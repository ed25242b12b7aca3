// The whole platform on one machine: two regions behind their taps, the Worker, and the run file that tells others about
// them. Whatever part fails to start, none is left running; whatever part is lost later, the platform says so and ends.

import { rmSync } from 'node:fs'
import { lookAtRegions } from '../audit/look-at-regions.ts'
import { platformApi } from '../audit/operator.ts'
import { localCredentials, localRegions } from './credentials.ts'
import { localKeys, noteServedKeyring } from './keys.ts'
import { isPortFree } from './ports.ts'
import { type RegionProcesses, startRegionProcesses } from './region-processes.ts'
import { claimRun, type Part, partOf, platformPart, type Run, writeRun } from './run-file.ts'
import { closeToOthers, type StateDir } from './state-dir.ts'
import { tapControl } from './tap/control-client.ts'
import { issueToken, readIssuing, type TokenRequest } from './tokens.ts'

export const tableName = 'laurel'

export interface PlatformOptions {
  state: StateDir
  port: number
  lagMs?: number
  signatureValidMs?: number
  /** Regions that are away when the Worker starts, as after `npm run region -- stop`. */
  stoppedRegions?: readonly string[]
  configPath?: string
  /** Values for the Worker's variables beyond those that follow from the parts. */
  vars?: Record<string, string>
  say: (line: string) => void
}

/** What scripts that fill or measure a platform need of it. */
export interface LocalPlatform {
  baseUrl: string
  dir: string
  token(request: TokenRequest): Promise<string>
}

export interface RunningPlatform extends LocalPlatform {
  run: Run
  /** Rejects when a part is lost. */
  lost: Promise<never>
  close(): Promise<void>
}

/** A reason that the user can act on; anything else is a bug and keeps its stack. */
export class CannotStart extends Error {}

const host = '127.0.0.1'

/** Everything but the Worker: what `npm start` and `npm run dev` share. */
export interface Parts {
  run: Run
  bindings: Record<string, string>
  regions: RegionProcesses
  addPart(part: Part): void
  setReady(): void
  close(): Promise<void>
}

export async function startParts(options: PlatformOptions): Promise<Parts> {
  const { state, port, say } = options
  closeToOthers(state)
  const baseUrl = `http://localhost:${port}`
  const run: Run = {
    version: 1,
    startedAt: new Date().toISOString(),
    baseUrl,
    dir: state.dir,
    ready: false,
    parts: [partOf(platformPart, process.pid)],
  }
  const unknown = (options.stoppedRegions ?? []).filter((name) => !localRegions.some((region) => region === name))
  if (unknown.length > 0) throw new CannotStart(`There is no region ${unknown.join(', ')}: ${localRegions.join(', ')}`)
  const inTheWay = await claimRun(state.runFile, run, (part) =>
    say(`ended ${part.name} (process ${part.pid}), left by a start that was killed`),
  )
  if (inTheWay) {
    const pid = inTheWay.parts.find((part) => part.name === platformPart)?.pid
    throw new CannotStart(
      `A platform is already running on ${state.dir}: ${inTheWay.baseUrl} (process ${pid}). End it first, or set LAUREL_DIR.`,
    )
  }
  const save = () => writeRun(state.runFile, run)
  const addPart = (part: Part) => {
    run.parts = [...run.parts.filter((other) => other.name !== part.name), part]
    save()
  }
  const release = () => rmSync(state.runFile, { force: true })
  try {
    // After the claim, so that what a killed start left on the port is gone, and before anything is started.
    if (!(await isPortFree(port, host))) {
      throw new CannotStart(`Port ${port} is taken by another program. Choose another: PORT=${port + 1} npm start`)
    }
    const [keys, regions] = await Promise.all([
      localKeys(state.keys),
      startRegionProcesses(localRegions, {
        dir: state.dir,
        table: tableName,
        lagMs: options.lagMs,
        signatureValidMs: options.signatureValidMs,
        onEngine: ({ region, enginePid, enginePort, engine }) =>
          addPart(partOf(`${region} engine`, enginePid, { engine, port: enginePort, url: `http://${host}:${enginePort}` })),
      }),
    ])
    noteServedKeyring(state.keys, keys.keyring)
    for (const { region, pid, url, controlUrl } of regions.regions) {
      addPart(partOf(region, pid, { url, controlUrl, port: Number(new URL(url).port) }))
    }
    for (const { region, putAside } of regions.regions)
      if (putAside) say(`${region}: its database was damaged and is in ${putAside} now; the region begins empty`)
    for (const { region, controlUrl } of regions.regions) {
      if (!options.stoppedRegions?.includes(region)) continue
      await tapControl(controlUrl).stop()
      say(`${region} is stopped; bring it back: npm run region -- start ${region}`)
    }
    say(`regions: ${regions.regions.map((one) => `${one.region} ${one.url} (${one.engine})`).join(', ')}`)
    return {
      run,
      regions,
      bindings: {
        REGIONS: JSON.stringify(regions.regions.map(({ region, url }) => ({ region, endpoint: url }))),
        AWS_ACCESS_KEY_ID: localCredentials.accessKeyId,
        AWS_SECRET_ACCESS_KEY: localCredentials.secretAccessKey,
        TOKEN_KEY: keys.pageTokenKey,
        OPERATOR_KEY: keys.operatorKey,
        ISSUER: baseUrl,
        SIGNING_KEYS: keys.keyring,
        ...options.vars,
      },
      addPart,
      setReady() {
        run.ready = true
        save()
      },
      async close() {
        await regions.close()
        release()
      },
    }
  } catch (error) {
    release()
    throw error
  }
}

export async function startPlatform(options: PlatformOptions): Promise<RunningPlatform> {
  const { state, port, say } = options
  const parts = await startParts(options)
  let worker: import('./worker.ts').LocalWorker | undefined
  const close = async () => {
    await worker?.close()
    await parts.close()
  }
  try {
    const { startWorker } = await import('./worker.ts')
    worker = await startWorker({
      state,
      host,
      port,
      bindings: parts.bindings,
      configPath: options.configPath,
      onRestart: (pid) => parts.addPart(partOf('worker', pid, { port })),
    })
    parts.addPart(partOf('worker', worker.pid, { port, url: parts.run.baseUrl }))
    if (worker.migrations.length > 0) say(`index: applied ${worker.migrations.join(', ')}`)
    await untilReady(parts.run.baseUrl, state)
    parts.setReady()
    for (const line of await lookAtRegions(platformApi(parts.run.baseUrl, readIssuing(state.keys, parts.run.baseUrl).operatorKey)))
      say(line)
  } catch (error) {
    await close()
    throw error
  }
  return {
    run: parts.run,
    baseUrl: parts.run.baseUrl,
    dir: state.dir,
    token: (request) => issueToken(readIssuing(state.keys, parts.run.baseUrl), request),
    lost: parts.regions.lost,
    close,
  }
}

export async function untilReady(baseUrl: string, state: StateDir, withinMs = 60_000): Promise<void> {
  let last = 'no answer'
  for (const deadline = Date.now() + withinMs; Date.now() < deadline; ) {
    try {
      const response = await fetch(`${baseUrl}/health/ready`, { signal: AbortSignal.timeout(5000) })
      last = `${response.status} ${await response.text()}`
      if (response.status === 200) return
    } catch (error) {
      last = error instanceof Error ? `${error.message} ${error.cause ?? ''}` : String(error)
    }
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
  throw new CannotStart(`The Worker does not become ready: ${last}\nIts log: ${state.logs}/worker.log`)
}
