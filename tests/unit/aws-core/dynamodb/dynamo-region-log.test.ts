// The adapter against a real local DynamoDB: appends, repeats, refusals and reads.

import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { dynamoRegionLog } from '../../../../aws-core/dynamodb/dynamo-region-log.ts'
import { logItemSortKey, partitionKey, positionText } from '../../../../aws-core/dynamodb/keys.ts'
import type { RegionLog } from '../../../../aws-core/dynamodb/region-log.ts'
import { type LogRef, origin, type PackedItem, type Position } from '../../../../domain/log/types.ts'
import { type LocalDynamo, startLocalDynamo } from './local-dynamo.ts'
import { chain, packed, playerLog } from './packed-items.ts'

let local: LocalDynamo
let region: RegionLog
beforeAll(async () => {
  local = await startLocalDynamo()
  region = adapter()
})
afterAll(() => local.stop())

const success = { ok: true, value: undefined }
const mismatch = (fence: Position | null) => ({ ok: false, error: { code: 'region/fence_mismatch', region: 'eu-west-1', fence } })
const digestMismatch = { ok: false, error: { code: 'region/digest_mismatch', region: 'eu-west-1', detail: expect.any(String) } }

/** `sent` collects [operation, body] of every call. */
function adapter(sent: [string, Record<string, unknown>][] = [], answer?: (response: Response) => Response): RegionLog {
  const client = local.client({
    fetch: async (request, init) => {
      sent.push([request.headers.get('x-amz-target')?.split('.')[1] ?? '', await request.clone().json()])
      const response = await fetch(request, init)
      return answer ? answer(response) : response
    },
  })
  return dynamoRegionLog({ region: 'eu-west-1', table: local.table, client, now: Date.now, random: Math.random })
}

const append = async (log: LogRef, items: PackedItem[], by = region) => {
  for (const item of items) expect(await by.append(log, item)).toEqual(success)
}

/** What replication from another region does: puts an item here as it is, asking nothing. */
const replicate = async (log: LogRef, sk: string, attributes: Record<string, unknown>) => {
  const put = await local
    .client()
    .send('PutItem', { TableName: local.table, Item: { pk: { S: partitionKey(log) }, sk: { S: sk }, ...attributes } })
  expect(put.ok).toBe(true)
}
const replicateFence = (log: LogRef, at: Position) => replicate(log, 'FENCE', { head: { S: positionText(at) } })

describe('append', () => {
  test('writes item and fence, and both read back whole', async () => {
    const log = playerLog('append')
    expect(await region.readFence(log)).toEqual({ ok: true, value: null })
    const items = chain(3)
    await append(log, items)
    expect(await region.readFence(log)).toEqual({ ok: true, value: { incarnation: 1, sequence: 6 } })
    expect(await region.readItems(log)).toEqual({ ok: true, value: items })
    const keys = items.map(({ writer, from, to, digest }) => ({ writer, from, to, digest }))
    expect(await region.listItems(log)).toEqual({ ok: true, value: keys })
  })

  test('a repeat is success: at once by its token, later and by another by what stands there', async () => {
    const log = playerLog('repeat')
    const [first, second, third] = chain(3) as [PackedItem, PackedItem, PackedItem]
    const sent: [string, Record<string, unknown>][] = []
    await append(log, [first, first, second], adapter(sent))
    const tokens = sent.map(([, body]) => body.ClientRequestToken)
    expect(tokens[0]).toBe(tokens[1])
    expect(tokens[2]).not.toBe(tokens[1])
    for (const token of tokens) expect(token).toMatch(/^[0-9a-f]{36}$/)
    await append(log, [third])
    // Its fence was read, so this adapter's tokens are its own, and DynamoDB has to look.
    const other = adapter()
    await other.readFence(log)
    await append(log, [first, second, third], other)
    expect(await region.readFence(log)).toEqual({ ok: true, value: third.head })
  })

  test('a reply that was lost is an unknown outcome, and the repeat is success', async () => {
    const log = playerLog('lost-reply')
    const [item] = chain(1) as [PackedItem]
    const deaf = adapter([], () => new Response('upstream went away', { status: 502 }))
    expect(await deaf.append(log, item)).toMatchObject({ ok: false, error: { code: 'region/unknown_outcome' } })
    await append(log, [item])
    expect(await region.readItems(log)).toEqual({ ok: true, value: [item] })
  })

  test('out of order is a fence mismatch that shows the fence, and writes nothing', async () => {
    const log = playerLog('out-of-order')
    const [first, second, third] = chain(3) as [PackedItem, PackedItem, PackedItem]
    expect(await region.append(log, second)).toEqual(mismatch(null))
    await append(log, [first])
    expect(await region.append(log, third)).toEqual(mismatch(first.head))
    expect(await region.readItems(log)).toEqual({ ok: true, value: [first] })
    await append(log, [second, third])
  })

  test('other bytes under the key are a digest mismatch, and what stands there stays', async () => {
    const log = playerLog('digest')
    const [first, second] = chain(2) as [PackedItem, PackedItem]
    await append(log, [first])
    expect(await region.append(log, packed(origin, 2, { body: '[]' }))).toEqual(digestMismatch)
    expect(await region.fill(log, packed(origin, 2, { body: '[]' }))).toEqual(digestMismatch)
    // The fence would let this one by; the item must not.
    await replicate(log, logItemSortKey(1, 3), { digest: { S: 'f'.repeat(64) } })
    expect(await region.append(log, second)).toEqual(digestMismatch)
    expect(await region.readFence(log)).toEqual({ ok: true, value: first.head })
  })

  test('logs that say the same things do not share a token', async () => {
    const [item] = chain(1) as [PackedItem]
    for (const userId of ['same-a', 'same-b']) {
      await append(playerLog(userId), [item])
      expect(await region.readItems(playerLog(userId))).toEqual({ ok: true, value: [item] })
    }
  })

  test('a new life takes over from the fence, and the old one is refused from then on', async () => {
    const log = playerLog('two-writers')
    const items = chain(2)
    await append(log, items)
    const late = packed({ incarnation: 1, sequence: 4 }, 5, { writer: 1 })
    const taken = packed({ incarnation: 1, sequence: 4 }, 6, { writer: 2 })
    await append(log, [taken])
    expect(await region.append(log, late)).toEqual(mismatch({ incarnation: 2, sequence: 6 }))
    expect(await region.readItems(log)).toEqual({ ok: true, value: [...items, taken] })
  })

  test('of two writers at one place exactly one gets in', async () => {
    const log = playerLog('race')
    const rivals = [1, 2, 3, 4].map((writer) => packed(origin, 1, { writer }))
    const results = await Promise.all(rivals.map((item) => adapter().append(log, item)))
    expect(results.filter((result) => result.ok)).toHaveLength(1)
    const read = await region.readItems(log)
    expect(read.ok && read.value).toHaveLength(1)
    expect(await region.readFence(log)).toEqual({ ok: true, value: read.ok && read.value[0]?.head })
  })
})

describe('what replication does to a region', () => {
  test('a fence that came before its items is a mismatch, until the holes are filled', async () => {
    const log = playerLog('fence-first')
    const [first, second] = chain(2) as [PackedItem, PackedItem]
    await append(log, [first])
    await replicateFence(log, second.head)
    expect(await region.append(log, second)).toEqual(mismatch(second.head))
    expect(await region.fill(log, second)).toEqual(success)
    expect(await region.fill(log, second)).toEqual(success)
    await append(log, [second])
    expect(await region.readItems(log)).toEqual({ ok: true, value: [first, second] })
  })

  test('a fence carried back is seen, and a resend moves it on although its tokens are remembered', async () => {
    const log = playerLog('fence-back')
    const items = chain(4)
    const writer = adapter()
    await append(log, items.slice(0, 3), writer)
    const [, second, third, fourth] = items as [PackedItem, PackedItem, PackedItem, PackedItem]
    await replicateFence(log, (items[0] as PackedItem).head)
    expect(await writer.append(log, fourth)).toEqual(mismatch({ incarnation: 1, sequence: 2 }))
    await append(log, [second, third, fourth], writer)
    expect(await region.readFence(log)).toEqual({ ok: true, value: fourth.head })
  })

  test('a fence of an older life is not past a newer item, however long its sequence', async () => {
    const log = playerLog('older-life')
    const item = packed(origin, 3, { writer: 2 })
    await append(log, [item])
    await replicateFence(log, { incarnation: 1, sequence: 9 })
    const other = adapter()
    await other.readFence(log)
    expect(await other.append(log, item)).toEqual(mismatch({ incarnation: 1, sequence: 9 }))
  })
})

describe('append from where the fence is known to be', () => {
  const deadLife = { incarnation: 1, sequence: 9 }

  test('moves a fence that stands off the chain, and only from there', async () => {
    const log = playerLog('expected')
    const [first, second] = [packed(origin, 2, { writer: 2 }), packed({ incarnation: 2, sequence: 2 }, 4)]
    await append(log, [first])
    await replicateFence(log, deadLife)
    expect(await region.append(log, second)).toEqual(mismatch(deadLife))
    expect(await region.append(log, second, { incarnation: 1, sequence: 8 })).toEqual(mismatch(deadLife))
    expect(await region.append(log, second, null)).toEqual(mismatch(deadLife))
    expect(await region.append(log, second, deadLife)).toEqual(success)
    expect(await region.readFence(log)).toEqual({ ok: true, value: second.head })
    // What the item says of its predecessor is its own, whatever the fence showed.
    expect(await region.readItems(log)).toEqual({ ok: true, value: [first, second] })
  })

  test('null asks for no fence: a replica may hold items and none', async () => {
    const log = playerLog('no-fence')
    const [first, second] = chain(2) as [PackedItem, PackedItem]
    await region.fill(log, first)
    expect(await region.append(log, second)).toEqual(mismatch(null))
    expect(await region.append(log, second, null)).toEqual(success)
    expect(await region.readFence(log)).toEqual({ ok: true, value: second.head })
  })

  test('the same item from elsewhere is another request: one token never stands for two', async () => {
    const log = playerLog('expected-token')
    const [first, second] = chain(2) as [PackedItem, PackedItem]
    const sent: [string, Record<string, unknown>][] = []
    const writer = adapter(sent)
    await append(log, [first, second], writer)
    await replicateFence(log, deadLife)
    expect(await writer.append(log, second, deadLife)).toEqual(success)
    expect(await writer.readFence(log)).toEqual({ ok: true, value: second.head })
    const tokens = sent.filter(([operation]) => operation === 'TransactWriteItems').map(([, body]) => body.ClientRequestToken)
    expect(new Set(tokens).size).toBe(3)
  })
})

describe('reads', () => {
  test('go over all pages, with bodies and without', async () => {
    const log = playerLog('paging')
    const items = chain(8, 1, (index) => JSON.stringify([{ index, text: 'x'.repeat(290 * 1024) }]))
    await append(log, items)
    const sent: [string, Record<string, unknown>][] = []
    const paged = adapter(sent)
    expect(await paged.readItems(log)).toEqual({ ok: true, value: items })
    expect(sent.length).toBeGreaterThan(2)
    const listed = await paged.listItems(log)
    expect(listed.ok && listed.value.map((key) => key.from)).toEqual([1, 2, 3, 4, 5, 6, 7, 8])
    const tail = await paged.listItems(log, { writer: 1, from: 2 })
    expect(tail.ok && tail.value.map((key) => key.from)).toEqual([3, 4, 5, 6, 7, 8])
    for (const [operation, body] of sent) expect([operation, body.ConsistentRead]).toEqual(['Query', true])
  })

  test('are in the order of the log, past ten and over lives', async () => {
    const log = playerLog('order')
    const items = chain(11, 1)
    await append(log, items)
    const next = packed({ incarnation: 1, sequence: 11 }, 12, { writer: 2 })
    await append(log, [next])
    const read = await region.readItems(log)
    expect(read.ok && read.value.map((item) => item.from)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12])
    const behind = async (writer: number, from: number) => {
      const listed = await region.listItems(log, { writer, from })
      return listed.ok && listed.value.map((key) => [key.writer, key.from])
    }
    expect(await behind(1, 9)).toEqual([
      [1, 10],
      [1, 11],
      [2, 12],
    ])
    // Nothing has to stand at the place itself.
    expect(await behind(1, 99)).toEqual([[2, 12]])
    expect(await behind(2, 12)).toEqual([])
    const between = await region.listItems(log, { writer: 1, from: 9 }, { writer: 1, from: 99 })
    expect(between.ok && between.value.map(({ from }) => from)).toEqual([10, 11])
    const one = await region.readItems(log, { writer: 1, from: 3 }, { writer: 1, from: 4 })
    expect(one).toEqual({ ok: true, value: [items[3]] })
  })

  test('a body that is not what its digest names is a digest mismatch', async () => {
    const log = playerLog('rot')
    const [item] = chain(1) as [PackedItem]
    await append(log, [item])
    await replicate(log, logItemSortKey(1, 3), {
      writer: { N: '1' },
      from: { N: '3' },
      to: { N: '4' },
      prev: { S: positionText(item.head) },
      head: { S: positionText({ incarnation: 1, sequence: 4 }) },
      body: { S: '[]' },
      digest: { S: item.digest },
    })
    expect(await region.readItems(log)).toEqual(digestMismatch)
    const listed = await region.listItems(log)
    expect(listed.ok && listed.value).toHaveLength(2)
  })

  test('ping answers how long it took; a table that is not there is a refusal', async () => {
    expect(await region.ping()).toEqual({ ok: true, value: { tookMs: expect.any(Number) } })
    const elsewhere = dynamoRegionLog({
      region: 'eu-west-1',
      table: 'laurel-nowhere',
      client: local.client(),
      now: Date.now,
      random: Math.random,
    })
    expect(await elsewhere.ping()).toMatchObject({ ok: false, error: { code: 'region/refused' } })
  })

  test('one workspace never sees the log of another', async () => {
    const [item] = chain(1) as [PackedItem]
    await append(playerLog('wall'), [item])
    expect(await region.readItems({ workspaceId: 'ws00000002', kind: 'player', entityId: 'wall' })).toEqual({ ok: true, value: [] })
  })
})
