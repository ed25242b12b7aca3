// How a packed item and a fence look in the table, both ways.
//
// Guarantees: the same packed item always gives the same attributes and the same conditions; what is read back is
// believed only if its place in the key, its positions and the SHA-256 of its body agree.

import { createHash } from 'node:crypto'
import type { LogRef, PackedItem, Position } from '../../domain/log/types.ts'
import type { Attributes } from './failures.ts'
import { fenceSortKey, logItemSortKey, parsePosition, partitionKey, positionText } from './keys.ts'
import type { ItemKey } from './region-log.ts'

/** The longest ClientRequestToken that DynamoDB takes. */
const tokenLength = 36

const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex')

/** A Put of the log item: only onto nothing, or onto exactly itself. */
export function itemPut(table: string, log: LogRef, item: PackedItem) {
  return {
    TableName: table,
    Item: {
      pk: { S: partitionKey(log) },
      sk: { S: logItemSortKey(item.writer, item.from) },
      writer: { N: String(item.writer) },
      from: { N: String(item.from) },
      to: { N: String(item.to) },
      prev: { S: positionText(item.previous) },
      head: { S: positionText(item.head) },
      body: { S: item.body },
      digest: { S: item.digest },
    },
    ConditionExpression: 'attribute_not_exists(pk) OR digest = :same',
    ExpressionAttributeValues: { ':same': { S: item.digest } },
  }
}

/** A Put of the fence: only from where it is expected. When it fails, it says in the same breath what stood there. */
export function fencePut(table: string, log: LogRef, item: PackedItem, expected: Position | null) {
  return {
    TableName: table,
    Item: { pk: { S: partitionKey(log) }, sk: { S: fenceSortKey }, head: { S: positionText(item.head) } },
    ...(isNowhere(expected)
      ? { ConditionExpression: 'attribute_not_exists(pk)' }
      : { ConditionExpression: 'head = :predecessor', ExpressionAttributeValues: { ':predecessor': { S: positionText(expected) } } }),
    ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
  }
}

/** Everything the transaction says is in the token: DynamoDB refuses one token for two different transactions. */
export function requestToken(log: LogRef, item: PackedItem, expected: Position | null, salt: string): string {
  const key = [partitionKey(log), logItemSortKey(item.writer, item.from)]
  const fence = [isNowhere(expected) ? '' : positionText(expected), positionText(item.head)]
  const said = [salt, ...key, item.to, positionText(item.previous), ...fence, item.digest]
  return sha256(said.join('\n')).slice(0, tokenLength)
}

/** No fence and a fence before the first commit are one and the same: nothing is stored for either. */
const isNowhere = (position: Position | null): position is null =>
  position === null || (position.incarnation === 0 && position.sequence === 0)

/** True when a fence that stands at `fence` has let an item ending at `head` by: no earlier in the sequence, and in no older life. */
export const isAtOrPast = (fence: Position, head: Position): boolean =>
  fence.sequence >= head.sequence && fence.incarnation >= head.incarnation

/** Null where the attributes are no log item's. */
export function parseItemKey(stored: Attributes): ItemKey | null {
  const [writer, from, to] = [count(stored.writer), count(stored.from), count(stored.to)]
  const digest = stored.digest?.S
  if (writer === null || from === null || to === null || digest === undefined) return null
  return stored.sk?.S === logItemSortKey(writer, from) ? { writer, from, to, digest } : null
}

/** Null where anything is missing or the body is not what the digest names. */
export function parseItem(stored: Attributes): PackedItem | null {
  const key = parseItemKey(stored)
  const [previous, head, body] = [parsePosition(stored.prev?.S), parsePosition(stored.head?.S), stored.body?.S]
  if (!key || !previous || !head || body === undefined || sha256(body) !== key.digest) return null
  return { ...key, previous, head, body }
}

function count(attribute: { N?: string } | undefined): number | null {
  const value = Number(attribute?.N)
  return attribute?.N !== undefined && Number.isSafeInteger(value) && value >= 0 ? value : null
}
