// The taps replicate as global tables do: every write reaches the other region, singly and in no order, the newer stamp
// wins on both sides, and nothing that was to be sent is forgotten.

import { afterEach, beforeEach, expect, test } from 'vitest'
import { engineClient } from '../../../scripts/local/tap/engine-client.ts'
import { item, key, puts, type TwoRegions, table, twoRegions } from './two-regions.ts'

let regions: TwoRegions
beforeEach(async () => {
  regions = await twoRegions()
})
afterEach(() => regions.close())

const both = async (sk: string) => [await regions.west.standing(sk), await regions.north.standing(sk)]

test('every kind of write reaches the other region, from either side', async () => {
  const { west, north } = regions
  await west.put('put', 'a')
  await north.call('TransactWriteItems', {
    TransactItems: [
      { Put: { TableName: table, Item: item('transacted', 'b') } },
      { ConditionCheck: { TableName: table, Key: key('nothing'), ConditionExpression: 'attribute_not_exists(pk)' } },
    ],
  })
  await west.call('BatchWriteItem', { RequestItems: { [table]: [{ PutRequest: { Item: item('batched', 'c') } }] } })
  await north.call('UpdateItem', {
    TableName: table,
    Key: key('updated'),
    UpdateExpression: 'SET #v = :v',
    ExpressionAttributeNames: { '#v': 'value' },
    ExpressionAttributeValues: { ':v': { S: 'd' } },
  })
  await regions.replicated()
  for (const [sk, value] of Object.entries({ put: 'a', transacted: 'b', batched: 'c', updated: 'd' })) {
    expect(await both(sk)).toEqual([value, value])
  }
  await north.call('DeleteItem', { TableName: table, Key: key('put') })
  await regions.replicated()
  expect(await both('put')).toEqual([undefined, undefined])
})

test('what an engine has lost is not taken for deleted: the other region keeps it', async () => {
  const { west, north } = regions
  await north.put('kept', 'value')
  await regions.replicated()
  west.tap.replication.pause()
  await west.put('kept', 'value')
  await west.put('deleted', 'value')
  await west.call('DeleteItem', { TableName: table, Key: key('deleted') })
  // Behind the tap's back, as a file that is gone takes it.
  const engine = engineClient(west.dynamo.port)
  await engine.call('DeleteItem', { TableName: table, Key: key('kept') })
  engine.close()
  west.tap.replication.resume()
  await west.tap.replication.drained()
  expect(await both('kept')).toEqual([undefined, 'value'])
  expect(await both('deleted')).toEqual([undefined, undefined])
})

test('a write that the engine refused is not copied', async () => {
  const { west, north } = regions
  north.tap.replication.pause()
  await north.put('taken', 'north')
  await west.put('taken', 'west', {})
  const refused = await west.put('taken', 'again', { ConditionExpression: 'attribute_not_exists(pk)' })
  expect(refused.type).toBe('ConditionalCheckFailedException')
  await west.tap.replication.drained()
  expect(west.tap.replication.unsent).toBe(0)
  expect(await north.standing('taken')).toBe('west')
})

test('written in both regions at once, the later stamp wins on both sides', async () => {
  const { west, north } = regions
  west.tap.replication.pause()
  north.tap.replication.pause()
  await west.put('contested', 'earlier')
  await new Promise((resolve) => setImmediate(resolve))
  await north.put('contested', 'first of north')
  await north.put('contested', 'latest')
  // The loser is sent first: it must not take the winner's place before that one is read.
  west.tap.replication.resume()
  await west.tap.replication.drained()
  north.tap.replication.resume()
  await regions.replicated()
  const [inWest, inNorth] = await both('contested')
  expect(inWest).toBe(inNorth)
  expect(inWest).toBe('latest')
})

test('in the same millisecond the regions agree on the winner, and a second copy changes nothing', async () => {
  const stopped = await twoRegions({ now: () => 1_700_000_000_000, signatureValidMs: Number.POSITIVE_INFINITY })
  const { west, north } = stopped
  west.tap.replication.pause()
  north.tap.replication.pause()
  await Promise.all([west.put('tie', 'west'), north.put('tie', 'north')])
  west.tap.replication.resume()
  north.tap.replication.resume()
  await stopped.replicated()
  expect([await west.standing('tie'), await north.standing('tie')]).toEqual(['west', 'west'])
  const stamp = { atMs: 1_700_000_000_000, region: 'eu-north-1' }
  const copy = { table, key: key('tie'), name: `${table} {"pk":{"S":"user"},"sk":{"S":"tie"}}`, item: item('tie', 'north'), stamp }
  expect(await west.tap.receive([copy])).toEqual(['older'])
  expect(await west.standing('tie')).toBe('west')
  await stopped.close()
})

test('items of one transaction travel apart: the fence may be there before its commits', async () => {
  const { west, north } = regions
  const held = west.tap.replication.hold('"log#1"')
  await west.call('TransactWriteItems', puts(['log#1', 'commits'], ['fence', '1']))
  while (west.tap.replication.unsent > 1) await new Promise((resolve) => setImmediate(resolve))
  expect([await north.standing('fence'), await north.standing('log#1')]).toEqual(['1', undefined])
  expect(held.held).toBe(1)
  held.release()
  await regions.replicated()
  expect(await north.standing('log#1')).toBe('commits')
})

test('the order of copies is not the order of writes', async () => {
  // Draws that put the later write first.
  const spread = await twoRegions({ lagMs: 0, random: () => 0 })
  const { west, north } = spread
  const sent: string[] = []
  west.tap.replication.connect((copies) => {
    sent.push(...copies.map(({ item }) => (JSON.stringify(item).includes('"b"') ? 'b' : 'a')))
    return north.tap.receive(copies)
  })
  west.tap.replication.pause()
  await west.put('one', 'a')
  await west.put('two', 'b')
  west.tap.replication.resume()
  await spread.replicated()
  expect(sent).toEqual(['b', 'a'])
  expect([await north.standing('one'), await north.standing('two')]).toEqual(['a', 'b'])
  await spread.close()
})

test('nothing is sent to or from a region that is stopped or frozen, and all of it when it is back', async () => {
  const { west, north } = regions
  await north.tap.stop()
  await west.put('while stopped', 'a')
  await north.tap.start()
  await regions.replicated()
  expect(await north.standing('while stopped')).toBe('a')

  north.tap.freeze()
  await west.put('while frozen', 'b')
  expect(await north.standing('while frozen')).toBeUndefined()
  await north.tap.start()
  await regions.replicated()
  expect(await north.standing('while frozen')).toBe('b')

  await north.put('before', 'c')
  await regions.replicated()
  north.tap.replication.pause()
  await north.put('unsent', 'd')
  await north.tap.stop()
  north.tap.replication.resume()
  expect(await west.standing('unsent')).toBeUndefined()
  await north.tap.start()
  await regions.replicated()
  expect(await west.standing('unsent')).toBe('d')
})

test('what is unsent, and what the stamps were, survives the tap', async () => {
  const { west, north } = regions
  await north.put('stamped', 'older')
  await regions.replicated()
  west.tap.replication.pause()
  await west.put('stamped', 'newer')
  await west.put('kept', 'a')
  expect(west.tap.replication.unsent).toBe(2)
  await west.reopen()
  await regions.replicated()
  expect(await both('kept')).toEqual(['a', 'a'])
  expect(await both('stamped')).toEqual(['newer', 'newer'])
})

test('the repeat of a transaction token writes nothing, so it must not make an old value win', async () => {
  const { west, north } = regions
  const first = { ...puts(['fence', '1']), ClientRequestToken: 'the-same-token' }
  expect((await west.call('TransactWriteItems', first)).status).toBe(200)
  await regions.replicated()
  west.tap.replication.pause()
  north.tap.replication.pause()
  await north.put('fence', '2')
  expect((await west.call('TransactWriteItems', first)).status).toBe(200)
  north.tap.replication.resume()
  west.tap.replication.resume()
  await regions.replicated()
  expect(await both('fence')).toEqual(['2', '2'])
})
