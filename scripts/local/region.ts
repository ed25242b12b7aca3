// A whole region: its engine, the tap in front of it and the tap's control door. `stop` kills the engine as a crash would,
// `freeze` lets the region hang, `start` brings it back on the same address with what it had.

import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { localCredentials } from './credentials.ts'
import { type Dynamo, startDynamo } from './dynamo.ts'
import { freePort } from './ports.ts'
import { type ControlServer, serveControl } from './tap/control.ts'
import { createTap, type Tap } from './tap/tap.ts'

export interface RegionOptions {
  region: string
  /** The platform's state directory; this region keeps to its own places inside it. */
  dir: string
  table: string
  lagMs?: number
  signatureValidMs?: number
}

export interface RegionHooks {
  /** The engine runs in another process than before. */
  onEngine?: (dynamo: Dynamo) => void
}

export interface LocalRegion {
  readonly region: string
  /** Where DynamoDB is spoken. */
  readonly url: string
  readonly controlUrl: string
  readonly tap: Tap
  readonly dynamo: Dynamo
  stop(): Promise<void>
  freeze(): Promise<void>
  start(): Promise<void>
  close(): Promise<void>
}

export async function startRegion(options: RegionOptions, hooks: RegionHooks = {}): Promise<LocalRegion> {
  const { region, dir } = options
  mkdirSync(join(dir, 'taps'), { recursive: true })
  const startEngine = () =>
    startDynamo({ dir: join(dir, 'dynamodb', region), logFile: join(dir, 'logs', `dynamodb-${region}.log`), table: options.table })
  let dynamo = await startEngine()
  let tap: Tap
  let control: ControlServer
  try {
    tap = await createTap({
      region,
      enginePort: dynamo.port,
      journalPath: join(dir, 'taps', `${region}.sqlite`),
      credentials: localCredentials,
      port: await freePort(),
      lagMs: options.lagMs,
      signatureValidMs: options.signatureValidMs,
    })
  } catch (error) {
    await dynamo.kill()
    throw error
  }
  /** An engine that ends by itself takes its region down: refusing is honest, and `start` brings it back. */
  const watch = (engine: Dynamo) =>
    void engine.exited.then(() => {
      if (engine === dynamo && tap.state !== 'stopped') return tap.stop()
    })
  watch(dynamo)
  // One change at a time: a start that overtook a stop would leave two engines on one file.
  let changing: Promise<void> = Promise.resolve()
  const inTurn = (change: () => Promise<void>) => {
    const turn = changing.then(change)
    changing = turn.catch(() => {})
    return turn
  }
  const stop = () =>
    inTurn(async () => {
      await tap.stop()
      await dynamo.kill()
    })
  const freeze = () => inTurn(async () => tap.freeze())
  const start = () =>
    inTurn(async () => {
      if (tap.state === 'stopped') {
        // Left by a start that failed half-way, it would share its files with the next.
        await dynamo.kill()
        dynamo = await startEngine()
        watch(dynamo)
        hooks.onEngine?.(dynamo)
      }
      await tap.start(dynamo.port)
    })
  control = await serveControl(
    { tap, stop, freeze, start, details: () => ({ enginePid: dynamo.pid, enginePort: dynamo.port, engine: dynamo.engine }) },
    await freePort(),
  )

  return {
    region,
    url: tap.url,
    controlUrl: control.url,
    tap,
    get dynamo() {
      return dynamo
    },
    stop,
    freeze,
    start,
    async close() {
      control.close()
      await inTurn(async () => {
        await tap.close()
        await dynamo.kill()
      })
    },
  }
}
