// What a tap can do to a caller, each fault as its name promises.

import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { puts, type TwoRegions, table, twoRegions } from './two-regions.ts'

let regions: TwoRegions
beforeAll(async () => {
  regions = await twoRegions()
})
afterEach(() => regions.west.tap.rules.clear())
afterAll(() => regions.close())

test('drop-reply: the write has landed, and the caller does not know', async () => {
  const { west } = regions
  const rule = west.tap.rules.add({ match: { writes: true }, fault: { kind: 'drop-reply' }, times: 1 })
  await expect(west.put('dropped', 'a')).rejects.toThrow()
  await rule.finished()
  expect(await west.standing('dropped')).toBe('a')
  expect((await west.put('dropped', 'b')).status).toBe(200)
})

test('traffic: requests that came, and those whose caller went away or was cut off before the answer', async () => {
  const own = await twoRegions()
  await own.west.put('answered', 'a')
  const { requests, unanswered } = own.west.tap.traffic
  expect(requests).toBeGreaterThan(0)
  const rule = own.west.tap.rules.add({ match: { contains: '"left"' }, fault: { kind: 'delay' } })
  const gaveUp = new AbortController()
  const left = own.west.call('PutItem', { TableName: table, Item: { pk: { S: 'user' }, sk: { S: 'left' } } }, { signal: gaveUp.signal })
  await rule.hit()
  gaveUp.abort()
  await expect(left).rejects.toThrow()
  await expect.poll(() => own.west.tap.traffic).toEqual({ requests: requests + 1, unanswered: unanswered + 1 })
  await own.close()
})

test('late: the caller is cut off first, and the write lands when it is let go', async () => {
  const { west } = regions
  const rule = west.tap.rules.add({ match: { contains: '"late"' }, fault: { kind: 'late' } })
  await expect(west.put('late', 'a')).rejects.toThrow()
  expect(await west.standing('late')).toBeUndefined()
  rule.release()
  await rule.finished()
  expect(await west.standing('late')).toBe('a')
})

test('late by time: it lands by itself', async () => {
  const { west } = regions
  const rule = west.tap.rules.add({ match: { contains: '"later"' }, fault: { kind: 'late', ms: 20 } })
  await expect(west.put('later', 'a')).rejects.toThrow()
  await rule.finished()
  expect(await west.standing('later')).toBe('a')
})

test('delay: a caller that gives up has written all the same', async () => {
  const { west } = regions
  const rule = west.tap.rules.add({ match: { contains: '"delayed"' }, fault: { kind: 'delay' } })
  const gaveUp = new AbortController()
  const put = west.put('delayed', 'a', {})
  const other = west.call('PutItem', { TableName: table, Item: { pk: { S: 'user' }, sk: { S: 'delayed' } } }, { signal: gaveUp.signal })
  await rule.hit(2)
  gaveUp.abort()
  await expect(other).rejects.toThrow()
  rule.release()
  expect((await put).status).toBe(200)
  await rule.finished(2)
})

test('a late write whose signature has run out meanwhile does not land', async () => {
  let nowMs = Date.now()
  const own = await twoRegions({ now: () => nowMs, signatureValidMs: 60_000 })
  const rule = own.west.tap.rules.add({ fault: { kind: 'late' } })
  await expect(own.west.call('TransactWriteItems', puts(['old', 'a']), { atMs: nowMs })).rejects.toThrow()
  nowMs += 61_000
  rule.release()
  await rule.finished()
  expect(await own.west.standing('old')).toBeUndefined()
  await own.close()
})

test('duplicate: delivered twice, and the caller gets what the second time was answered', async () => {
  const { west } = regions
  west.tap.rules.add({ fault: { kind: 'duplicate' }, times: 1 })
  const onlyNew = { ConditionExpression: 'attribute_not_exists(pk)' }
  expect(await west.put('twice', 'a', onlyNew)).toMatchObject({ status: 400, type: 'ConditionalCheckFailedException' })
  expect(await west.standing('twice')).toBe('a')
})

test('cut, hang and refuse: the engine never sees it', async () => {
  const { west } = regions
  west.tap.rules.add({ fault: { kind: 'cut' }, times: 1 })
  await expect(west.put('unseen', 'a')).rejects.toThrow()
  const hanging = west.tap.rules.add({ fault: { kind: 'hang' }, times: 1 })
  const givingUp = new AbortController()
  const hung = west.call('PutItem', puts(['unseen', 'a']).TransactItems[0]?.Put, { signal: givingUp.signal })
  await hanging.hit()
  givingUp.abort()
  await expect(hung).rejects.toThrow()
  west.tap.rules.add({ fault: { kind: 'refuse', type: 'ThrottlingException' }, times: 1 })
  expect(await west.put('unseen', 'a')).toMatchObject({ status: 400, type: 'ThrottlingException' })
  expect(await west.standing('unseen')).toBeUndefined()
})

test('a rule takes what it matches, as often as it says, and counts', async () => {
  const { west } = regions
  const rule = west.tap.rules.add({ match: { operations: ['PutItem'], contains: 'chosen' }, fault: { kind: 'cut' }, times: 2 })
  expect((await west.put('other', 'a')).status).toBe(200)
  await expect(west.put('chosen', 'a')).rejects.toThrow()
  await expect(west.put('chosen', 'a')).rejects.toThrow()
  expect((await west.put('chosen', 'a')).status).toBe(200)
  expect((await west.call('TransactWriteItems', puts(['chosen', 'b']))).status).toBe(200)
  expect([rule.hits, rule.done]).toEqual([2, 2])
})

test('frozen: connections are taken and never answered; on start what hung is dropped and nothing of it lands', async () => {
  const { west } = regions
  west.tap.freeze()
  const hung = west.put('frozen', 'a').then(
    () => 'answered',
    () => 'dropped',
  )
  const isHanging = AbortSignal.timeout(150)
  await expect(west.call('ListTables', {}, { signal: isHanging })).rejects.toThrow(/timeout|aborted/i)
  await west.tap.start()
  expect(await hung).toBe('dropped')
  expect(await west.standing('frozen')).toBeUndefined()
  expect((await west.put('frozen', 'b')).status).toBe(200)
})

test('frozen while a write is under way: it lands, and its reply is lost', async () => {
  const { west } = regions
  const rule = west.tap.rules.add({ match: { contains: '"midway"' }, fault: { kind: 'duplicate' } })
  const put = west.put('midway', 'a').then(
    () => 'answered',
    () => 'dropped',
  )
  await rule.hit()
  west.tap.freeze()
  await rule.finished()
  await west.tap.start()
  expect(await put).toBe('dropped')
  expect(await west.standing('midway')).toBe('a')
})

test('stopped: refused at once; started again on the same address', async () => {
  const { west } = regions
  const { url } = west.tap
  await west.tap.stop()
  await expect(west.put('refused', 'a')).rejects.toThrow()
  await west.tap.start()
  expect(west.tap.url).toBe(url)
  expect((await west.put('refused', 'a')).status).toBe(200)
})
