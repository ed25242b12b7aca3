// A kill between the intent and the write, or between the write and its answer: the regions agree all the same.

import { mkdtempSync, rmSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { engineClient } from '../../../scripts/local/tap/engine-client.ts'
import { type Attributes, itemHash, itemRef, type Write } from '../../../scripts/local/tap/items.ts'
import { openJournal } from '../../../scripts/local/tap/journal.ts'
import { keyLocks } from '../../../scripts/local/tap/key-locks.ts'
import { createRecorder } from '../../../scripts/local/tap/recorder.ts'
import { item, key, type TwoRegions, table, twoRegions } from './two-regions.ts'

let regions: TwoRegions
beforeEach(async () => {
  regions = await twoRegions()
})
afterEach(() => regions.close())

const ref = (sk: string) => itemRef(table, key(sk) as Attributes)
const put = (sk: string, value: string): Write => ({ kind: 'put', hash: itemHash(item(sk, value) as Attributes), ...ref(sk) })
const stamp = (atMs: number) => ({ atMs, region: 'eu-west-1' })

/** A recorder on a journal that a dead tap has left, in front of the west engine. */
function restarted(journalPath: string) {
  const journal = openJournal(journalPath)
  const queued: string[] = []
  const engine = engineClient(regions.west.dynamo.port)
  const recorder = createRecorder({
    region: 'eu-west-1',
    journal,
    locks: keyLocks(),
    engine: () => engine,
    now: Date.now,
    onWritten: (items) => queued.push(...items.map((one) => one.name)),
  })
  return { journal, recorder, queued, engine }
}

test('an intent whose write landed is stamped and queued; one that did not is dropped, and keeps the older stamp', async () => {
  const dir = mkdtempSync(join(tmpdir(), 'laurel-journal-'))
  const path = join(dir, 'journal.sqlite')
  await regions.west.put('landed', 'new')
  await regions.west.put('missed', 'old')
  await regions.west.put('updated', 'after')
  const before = openJournal(path)
  before.setStamp(ref('missed').name, stamp(5))
  before.begin([{ ...put('landed', 'new'), stamp: stamp(10) }])
  before.begin([{ ...put('missed', 'new'), stamp: stamp(10) }])
  before.begin([{ kind: 'delete', ...ref('missed'), stamp: stamp(10) }])
  before.begin([{ kind: 'delete', ...ref('gone'), stamp: stamp(10) }])
  before.begin([{ kind: 'update', ...ref('updated'), stamp: stamp(10), before: itemHash(item('updated', 'before') as Attributes) }])
  before.begin([{ kind: 'update', ...ref('missed'), stamp: stamp(10), before: itemHash(item('missed', 'old') as Attributes) }])
  before.close()

  const { journal, recorder, queued, engine } = restarted(path)
  await recorder.settle()
  expect(queued.sort()).toEqual([ref('gone').name, ref('landed').name, ref('updated').name].sort())
  expect(journal.unsent().map((one) => one.name)).toHaveLength(3)
  expect(journal.stampOf(ref('landed').name)).toEqual(stamp(10))
  expect(journal.stampOf(ref('missed').name)).toEqual(stamp(5))
  expect(journal.intents()).toEqual([])
  journal.close()
  engine.close()
  rmSync(dir, { recursive: true })
})

/** In place of the west engine: passes everything on to it, and breaks off instead of answering the puts it is told to. */
async function breakingEngine(breaks: () => boolean) {
  const real = engineClient(regions.west.dynamo.port)
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk as Buffer)
    const names = ['content-type', 'x-amz-target', 'x-amz-date', 'authorization']
    const headers = Object.fromEntries(names.map((name) => [name, String(request.headers[name])]))
    const answer = await real.forward(headers, Buffer.concat(chunks))
    if (headers['x-amz-target']?.endsWith('PutItem') && breaks()) return request.socket.destroy()
    response.writeHead(answer.status, answer.headers).end(answer.body)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const close = () => {
    server.closeAllConnections()
    server.close()
    real.close()
  }
  return { port: (server.address() as AddressInfo).port, close }
}

test('the engine dies with the write in it: after its return the write is known and goes to the other region', async () => {
  const { west, north } = regions
  const breaking = await breakingEngine(() => true)
  await west.tap.start(breaking.port)
  await expect(west.put('half', 'a')).rejects.toThrow()
  expect(west.tap.replication.unsent).toBe(0)
  breaking.close()

  await west.tap.stop()
  await west.killEngine()
  await expect(west.tap.start()).rejects.toThrow()
  await west.startEngine()
  await regions.replicated()
  expect([await west.standing('half'), await north.standing('half')]).toEqual(['a', 'a'])
})

test('the next write first judges the one that was left open, and both are replicated', async () => {
  const { west, north } = regions
  let broken = 0
  const breaking = await breakingEngine(() => broken++ === 0)
  await west.tap.start(breaking.port)
  await expect(west.put('first', 'a')).rejects.toThrow()
  expect(west.tap.replication.unsent).toBe(0)
  const onlyNew = { ConditionExpression: 'attribute_not_exists(pk)' }
  expect(await west.put('first', 'b', onlyNew)).toMatchObject({ type: 'ConditionalCheckFailedException' })
  await regions.replicated()
  expect(await north.standing('first')).toBe('a')
  breaking.close()
})

test('a write that never reached its engine is as if it had not been', async () => {
  const { west, north } = regions
  await west.killEngine()
  await expect(west.put('same', 'never')).rejects.toThrow()
  await west.startEngine()
  expect(west.tap.replication.unsent).toBe(0)
  expect((await west.put('same', 'after')).status).toBe(200)
  await regions.replicated()
  expect([await west.standing('same'), await north.standing('same')]).toEqual(['after', 'after'])
})
