// A mark in each region's table, put there now and then: a region that no longer shows the mark it has taken has lost
// data, all of it or what came after an earlier copy. It costs one small read and write, and tells for logs that nobody
// writes any more.
//
// Guarantees: a region's mark only grows (a write that lands late changes nothing), and is written in that region alone.
// Not behind the breakers: a watch is no traffic.

import { type DynamoClient, dynamoClient } from '../dynamodb/client.ts'
import { regionMarkKey } from '../dynamodb/keys.ts'
import { createSigner } from '../signer.ts'
import { parseRegions, type RegionLogsSettings } from './from-config.ts'

export interface RegionMark {
  readonly region: string
  /** 0 where there is none; null where the region does not answer. */
  read(): Promise<number | null>
  /** True once the region shows this mark, or a newer one. */
  write(atMs: number): Promise<boolean>
}

type MarkSettings = Pick<RegionLogsSettings, 'regions' | 'table' | 'credentials' | 'fetch' | 'now'>

const timeoutMs = 3_000

/** Throws where the regions are not configured; `regionLogs` says why. */
export function regionMarks({ regions, table, credentials, fetch, now }: MarkSettings): RegionMark[] {
  const parsed = parseRegions(regions)
  if (!parsed.ok) throw new Error(parsed.error.join('; '))
  return parsed.value.map(({ region, endpoint }) => {
    const signer = createSigner({ ...credentials, service: 'dynamodb', region, now })
    const client = dynamoClient({ region, endpoint, signer, fetch, timeoutMs, random: () => 1, sleep: async () => {}, maxAttempts: 1 })
    return dynamoRegionMark(region, table, client)
  })
}

export function dynamoRegionMark(region: string, table: string, client: DynamoClient): RegionMark {
  const { pk, sk } = regionMarkKey(region)
  const key = { pk: { S: pk }, sk: { S: sk } }
  return {
    region,
    async read() {
      const read = await client.send<{ Item?: { atMs?: { N?: string } } }>('GetItem', { TableName: table, Key: key, ConsistentRead: true })
      return read.ok ? Number(read.value.Item?.atMs?.N ?? 0) : null
    },
    async write(atMs) {
      const put = await client.send('PutItem', {
        TableName: table,
        Item: { ...key, atMs: { N: String(atMs) } },
        ConditionExpression: 'attribute_not_exists(pk) OR atMs < :new',
        ExpressionAttributeValues: { ':new': { N: String(atMs) } },
      })
      return put.ok || put.error.code === 'dynamo/condition_failed'
    },
  }
}
