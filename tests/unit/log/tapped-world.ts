// The world of world.ts over two real local DynamoDBs behind taps.

import { partitionKey } from '../../../aws-core/dynamodb/keys.ts'
import type { RegionLog } from '../../../aws-core/dynamodb/region-log.ts'
import { regionLogs } from '../../../aws-core/regions/from-config.ts'
import { foldLog } from '../../../domain/log/fold.ts'
import type { LogRef, Position } from '../../../domain/log/types.ts'
import { localCredentials } from '../../../scripts/local/credentials.ts'
import { createTap, type Tap } from '../../../scripts/local/tap/tap.ts'
import { type LocalDynamo, startLocalDynamo } from '../aws-core/dynamodb/local-dynamo.ts'
import { rules, World } from './world.ts'

const log: LogRef = { workspaceId: rules.workspaceId, kind: 'player', entityId: 'ada' }

export interface TappedRegion {
  tap: Tap
  record: RegionLog
  /** Event ids in the region's own copy, in log order. Throws where its items are no log. */
  events(): Promise<string[]>
  fence(): Promise<Position | null>
  /** Takes every item and the fence out of the engine, behind the tap's back. */
  lose(): Promise<void>
}

export interface TappedWorld {
  world: World
  west: TappedRegion
  north: TappedRegion
  /** Settles when no copy waits in either direction. */
  replicated(): Promise<void>
  close(): Promise<void>
}

export async function tappedWorld(): Promise<TappedWorld> {
  const engines = await Promise.all([startLocalDynamo(), startLocalDynamo()])
  const taps = await Promise.all(['eu-west-1', 'eu-north-1'].map((region, index) => tapOf(region, engines[index] as LocalDynamo)))
  const [westTap, northTap] = taps as [Tap, Tap]
  westTap.replication.connect((copies) => northTap.receive(copies))
  northTap.replication.connect((copies) => westTap.receive(copies))
  const records = regionLogs({
    regions: JSON.stringify(taps.map(({ region, url }) => ({ region, endpoint: url }))),
    table: 'laurel-test',
    credentials: localCredentials,
    fetch: (input, init) => fetch(input, init),
    now: Date.now,
    gates: new Map(),
    timeoutMs: 1000,
    // A breaker would hide the schedule behind its own: here every call goes out.
    breaker: { failuresToOpen: 1_000_000 },
  })
  const [west, north] = taps.map((tap, index) => inspected(tap, records[index] as RegionLog, engines[index] as LocalDynamo)) as [
    TappedRegion,
    TappedRegion,
  ]
  return {
    world: new World(records),
    west,
    north,
    replicated: async () => {
      await westTap.replication.drained()
      await northTap.replication.drained()
    },
    close: async () => {
      await Promise.all(taps.map((tap) => tap.close()))
      await Promise.all(engines.map((engine) => engine.stop()))
    },
  }
}

async function tapOf(region: string, engine: LocalDynamo): Promise<Tap> {
  const tap = await createTap({
    region,
    enginePort: Number(new URL(engine.endpoint).port),
    journalPath: ':memory:',
    credentials: localCredentials,
  })
  await tap.start()
  return tap
}

const inspected = (tap: Tap, record: RegionLog, engine: LocalDynamo): TappedRegion => ({
  tap,
  record,
  events: async () => {
    const items = await record.readItems(log)
    const folded = items.ok ? foldLog(items.value) : items
    if (!folded.ok) throw new Error(JSON.stringify(folded.error))
    return folded.value.commits.map(({ eventId }) => eventId ?? '')
  },
  fence: async () => {
    const fence = await record.readFence(log)
    if (!fence.ok) throw new Error(JSON.stringify(fence.error))
    return fence.value
  },
  lose: async () => {
    const client = engine.client()
    const query = {
      TableName: engine.table,
      KeyConditionExpression: 'pk = :pk',
      ExpressionAttributeValues: { ':pk': { S: partitionKey(log) } },
    }
    const found = await client.send<{ Items: { pk: object; sk: object }[] }>('Query', query)
    for (const { pk, sk } of found.ok ? found.value.Items : [])
      await client.send('DeleteItem', { TableName: engine.table, Key: { pk, sk } })
  },
})
