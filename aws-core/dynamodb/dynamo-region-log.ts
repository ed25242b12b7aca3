// RegionLog over one region's table.
//
// Guarantees: a log item is written once and never changed, the fence moves only from where its writer expects it,
// and both move together or not at all. Repeating an append is safe however often, from whoever, whenever: the two
// conditions decide, and the answer tells what stands there now. Every read is strongly consistent and complete.
//
// Trade-off, the request token: for ten minutes DynamoDB answers a token it knows with the old success, without looking.
// That is wanted for a lost reply, and wrong once the fence has been seen behind (a write of a timed-out request, landed
// late in the other region, can carry the fence back by replication): "appended" would be said for ever of an item that
// the fence no longer covers. So a fence that was read, or shown by a refusal, salts every later token.

import type { LogRef, PackedItem, Position } from '../../domain/log/types.ts'
import { fail, ok, type Result } from '../../domain/result.ts'
import type { DynamoClient } from './client.ts'
import type { Attributes, CancellationReason, DynamoFailure } from './failures.ts'
import { fenceSortKey, type ItemRange, itemsBehind, logItemSortKey, parsePosition, partitionKey, pingKey } from './keys.ts'
import { fencePut, isAtOrPast, itemPut, parseItem, parseItemKey, requestToken } from './log-items.ts'
import type { ItemKey, RegionFailure, RegionLog } from './region-log.ts'

export interface DynamoRegionLogSettings {
  region: string
  table: string
  client: DynamoClient
  now: () => number
  /** In [0, 1). */
  random: () => number
}

type Answer<Value> = Result<Value, RegionFailure>
type Parse<Value> = (stored: Attributes) => Value | null
type Page = { Items?: Attributes[]; LastEvaluatedKey?: Attributes }

export function dynamoRegionLog({ region, table, client, now, random }: DynamoRegionLogSettings): RegionLog {
  let tokenSalt = ''
  const resalt = () => {
    tokenSalt = `salt ${random()}`
  }

  const conflict = (detail: string) => fail<RegionFailure>({ code: 'region/digest_mismatch', region, detail })
  const fenceConflict = (fence: Position | null) => fail<RegionFailure>({ code: 'region/fence_mismatch', region, fence })

  async function append(log: LogRef, item: PackedItem, expected: Position | null = item.previous): Promise<Answer<void>> {
    const sent = await client.send('TransactWriteItems', {
      ClientRequestToken: requestToken(log, item, expected, tokenSalt),
      TransactItems: [{ Put: itemPut(table, log, item) }, { Put: fencePut(table, log, item, expected) }],
    })
    if (sent.ok) return ok(undefined)
    if (sent.error.code !== 'dynamo/transaction_cancelled') return fail(ofWrite(region, sent.error))
    return explainRefusal(log, item, sent.error.reasons)
  }

  /** A condition failed, so this request wrote nothing; what stands there may be exactly this item, from an earlier one. */
  async function explainRefusal(log: LogRef, item: PackedItem, reasons: CancellationReason[]): Promise<Answer<void>> {
    const [itemReason, fenceReason] = reasons
    if (itemReason?.code === 'ConditionalCheckFailed') return conflict(`other bytes stand at ${logItemSortKey(item.writer, item.from)}`)
    // A fence that is missing is not shown by every engine, nor told apart from one that was not asked for: then ask.
    const shown = parsePosition(fenceReason?.item?.head?.S)
    const fence = shown ? ok(shown) : await readFence(log)
    if (!fence.ok) return fail(unanswered(fence.error))
    resalt()
    if (!fence.value || !isAtOrPast(fence.value, item.head)) return fenceConflict(fence.value)
    const standing = await get(log, logItemSortKey(item.writer, item.from), ['digest'])
    if (!standing.ok) return fail(unanswered(standing.error))
    // The fence is past it and the item is not there: a replica that got the fence first. The writer fills the hole.
    if (!standing.value) return fenceConflict(fence.value)
    return standing.value.digest?.S === item.digest
      ? ok(undefined)
      : conflict(`other bytes stand at ${logItemSortKey(item.writer, item.from)}`)
  }

  async function fill(log: LogRef, item: PackedItem): Promise<Answer<void>> {
    const sent = await client.send('PutItem', itemPut(table, log, item))
    if (sent.ok) return ok(undefined)
    if (sent.error.code === 'dynamo/condition_failed') return conflict(`other bytes stand at ${logItemSortKey(item.writer, item.from)}`)
    return fail(ofWrite(region, sent.error))
  }

  async function readFence(log: LogRef): Promise<Answer<Position | null>> {
    const read = await get(log, fenceSortKey, ['head'])
    if (!read.ok) return read
    resalt()
    if (!read.value) return ok(null)
    const fence = parsePosition(read.value.head?.S)
    return fence ? ok(fence) : conflict('the fence holds no position')
  }

  /** One item, strongly read; null where there is none. */
  async function get(log: LogRef, sortKey: string, attributes: string[]): Promise<Answer<Attributes | null>> {
    const read = await client.send<{ Item?: Attributes }>('GetItem', {
      TableName: table,
      Key: { pk: { S: partitionKey(log) }, sk: { S: sortKey } },
      ConsistentRead: true,
      ...projection(attributes),
    })
    return read.ok ? ok(read.value.Item ?? null) : fail(ofRead(region, read.error))
  }

  /** Every page of the log's items, in key order. One bad item fails the whole: a log with a gap is no log. */
  async function readAll<Value>(log: LogRef, range: ItemRange, attributes: string[], parse: Parse<Value>): Promise<Answer<Value[]>> {
    const values: Value[] = []
    let start: Attributes | undefined
    do {
      const read: Result<Page, DynamoFailure> = await client.send<Page>('Query', {
        TableName: table,
        KeyConditionExpression: 'pk = :pk AND sk BETWEEN :low AND :high',
        ExpressionAttributeValues: { ':pk': { S: partitionKey(log) }, ':low': { S: range.low }, ':high': { S: range.high } },
        ConsistentRead: true,
        ...projection(attributes),
        ...(start && { ExclusiveStartKey: start }),
      })
      if (!read.ok) return fail(ofRead(region, read.error))
      for (const stored of read.value.Items ?? []) {
        const value = parse(stored)
        if (value === null) return conflict(`the item at ${stored.sk?.S ?? 'an unknown key'} is not what it says it is`)
        values.push(value)
      }
      start = read.value.LastEvaluatedKey
    } while (start)
    return ok(values)
  }

  return {
    region,
    append,
    fill,
    readFence,
    listItems: (log, after, through) =>
      readAll<ItemKey>(log, itemsBehind(after, through), ['sk', 'writer', 'from', 'to', 'digest'], parseItemKey),
    readItems: (log, after, through) => readAll<PackedItem>(log, itemsBehind(after, through), [], parseItem),
    async ping() {
      const startedMs = now()
      const read = await client.send('GetItem', {
        TableName: table,
        Key: { pk: { S: pingKey.pk }, sk: { S: pingKey.sk } },
        ConsistentRead: true,
      })
      return read.ok ? ok({ tookMs: now() - startedMs }) : fail(ofRead(region, read.error))
    },
  }
}

/** Every name goes through a placeholder: `from` and `to` are reserved words. No names: the whole item. */
function projection(attributes: string[]) {
  if (attributes.length === 0) return {}
  return {
    ProjectionExpression: attributes.map((name) => `#${name}`).join(', '),
    ExpressionAttributeNames: Object.fromEntries(attributes.map((name) => [`#${name}`, name])),
  }
}

function ofWrite(region: string, failure: DynamoFailure): RegionFailure {
  const ours = 'isOurs' in failure && failure.isOurs ? { isOurs: true as const } : {}
  if (failure.code === 'dynamo/unavailable') return { code: 'region/unavailable', region, detail: failure.detail, ...ours }
  if (failure.code === 'dynamo/unknown_outcome') return { code: 'region/unknown_outcome', region, detail: failure.detail, ...ours }
  return { code: 'region/refused', region, detail: 'detail' in failure ? failure.detail : failure.code }
}

/** A read that got no answer has written nothing, whatever became of it. */
function ofRead(region: string, failure: DynamoFailure): RegionFailure {
  const written = ofWrite(region, failure)
  return written.code === 'region/unknown_outcome' ? { ...written, code: 'region/unavailable' } : written
}

/** The look after a refused append failed: an earlier append of the same item may stand there, so "nothing was written" is too much to say. */
const unanswered = (failure: RegionFailure): RegionFailure =>
  failure.code === 'region/unavailable'
    ? { ...failure, code: 'region/unknown_outcome', detail: `refused, and then: ${failure.detail}` }
    : failure
