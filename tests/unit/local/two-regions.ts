// Two real engines behind taps that replicate to each other, and a signed caller for each: what the tap tests stand on.

import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createSigner } from '../../../aws-core/signer.ts'
import { localCredentials } from '../../../scripts/local/credentials.ts'
import { type Dynamo, startDynamo } from '../../../scripts/local/dynamo.ts'
import { createTap, joinTaps, type Tap, type TapOptions } from '../../../scripts/local/tap/tap.ts'

export const table = 'laurel'

export interface Reply {
  status: number
  /** The error's name, without its namespace. */
  type?: string
  body: Record<string, unknown>
}

export interface CallOptions {
  signal?: AbortSignal
  secret?: string
  /** The date of the signature. */
  atMs?: number
}

export interface TestRegion {
  tap: Tap
  dynamo: Dynamo
  call(operation: string, input: unknown, options?: CallOptions): Promise<Reply>
  put(sk: string, value: string, extra?: object): Promise<Reply>
  /** The value that stands in this region's engine, whatever state its tap is in; undefined where there is no such item. */
  standing(sk: string): Promise<string | undefined>
  /** As after a kill -9 of the tap's process: nothing is finished, and a new tap reads what is on disk. */
  reopen(): Promise<void>
  killEngine(): Promise<void>
  startEngine(): Promise<void>
}

export interface TwoRegions {
  west: TestRegion
  north: TestRegion
  replicated(): Promise<void>
  close(): Promise<void>
}

type Settings = Pick<TapOptions, 'lagMs' | 'signatureValidMs' | 'now' | 'random'>

export async function twoRegions(settings: Settings = {}): Promise<TwoRegions> {
  const dir = mkdtempSync(join(tmpdir(), 'laurel-tap-'))
  const made = await Promise.all(['eu-west-1', 'eu-north-1'].map((region) => testRegion(region, dir, settings, () => join_())))
  const [west, north] = made as [TestRegion, TestRegion]
  function join_() {
    if (made?.length === 2) joinTaps(west.tap, north.tap)
  }
  join_()
  return {
    west,
    north,
    async replicated() {
      await west.tap.replication.drained()
      await north.tap.replication.drained()
    },
    async close() {
      await Promise.all([west.tap.close(), north.tap.close()])
      await Promise.all([west.dynamo.kill(), north.dynamo.kill()])
      rmSync(dir, { recursive: true, force: true })
    },
  }
}

async function testRegion(region: string, dir: string, settings: Settings, rejoin: () => void): Promise<TestRegion> {
  mkdirSync(join(dir, 'taps'), { recursive: true })
  const engine = () => startDynamo({ dir: join(dir, region), logFile: join(dir, `${region}.log`), table })
  const open = (enginePort: number) =>
    createTap({ region, enginePort, journalPath: join(dir, 'taps', `${region}.sqlite`), credentials: localCredentials, ...settings })
  const dynamo = await engine()
  const it: TestRegion = {
    dynamo,
    tap: await open(dynamo.port),
    async call(operation, input, options = {}) {
      return send(it.tap.url, region, operation, input, options)
    },
    put: (sk, value, extra = {}) => it.call('PutItem', { TableName: table, Item: item(sk, value), ...extra }),
    async standing(sk) {
      const { body } = await send(`http://127.0.0.1:${it.dynamo.port}`, region, 'GetItem', { TableName: table, Key: key(sk) }, {})
      return (body.Item as { value?: { S: string } } | undefined)?.value?.S
    },
    async reopen() {
      await it.tap.close()
      it.tap = await open(it.dynamo.port)
      rejoin()
    },
    killEngine: () => it.dynamo.kill(),
    async startEngine() {
      it.dynamo = await engine()
      await it.tap.start(it.dynamo.port)
    },
  }
  return it
}

export const key = (sk: string) => ({ pk: { S: 'user' }, sk: { S: sk } })
export const item = (sk: string, value: string) => ({ ...key(sk), value: { S: value } })
export const puts = (...pairs: Array<[sk: string, value: string]>) => ({
  TransactItems: pairs.map(([sk, value]) => ({ Put: { TableName: table, Item: item(sk, value) } })),
})

async function send(url: string, region: string, operation: string, input: unknown, options: CallOptions): Promise<Reply> {
  const signer = createSigner({
    ...localCredentials,
    ...(options.secret ? { secretAccessKey: options.secret } : {}),
    service: 'dynamodb',
    region,
    now: () => options.atMs ?? Date.now(),
  })
  const headers = { 'x-amz-target': `DynamoDB_20120810.${operation}`, 'content-type': 'application/x-amz-json-1.0' }
  const request = await signer.sign({ method: 'POST', url: `${url}/`, headers, body: JSON.stringify(input) })
  const response = await fetch(request, { signal: options.signal })
  const body = (await response.json()) as Record<string, unknown>
  return { status: response.status, body, type: typeof body.__type === 'string' ? body.__type.split('#')[1] : undefined }
}
