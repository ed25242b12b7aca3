// The queue keeps no order, repeats, and brings what nobody can read. Real messages, taken from the objects' own outboxes
// before they reach the queue, are delivered here as badly as a queue may.

import { createExecutionContext, createMessageBatch, getQueueResult } from 'cloudflare:test'
import { env } from 'cloudflare:workers'
import { nanoid } from 'nanoid'
import { beforeEach, expect, test } from 'vitest'
import type { OutboxMessage } from '../../domain/outbox.ts'
import worker from '../../workers/index.ts'
import { log, must, newBoard, publishGame, readBoard } from './support/game.ts'
import { auditOf, holdOutbox, inspectPlayer, playerAt, workspaceAt } from './support/objects.ts'
import { newTenant, operator, type Tenant } from './support/tenant.ts'

let tenant: Tenant
let held: OutboxMessage[]
beforeEach(async () => {
  held = []
  const workspaceId = nanoid(10)
  await holdOutbox(workspaceAt(workspaceId), held)
  tenant = await newTenant(undefined, workspaceId)
  await publishGame(tenant)
})

async function newHeldUser(userId: string, nickname: string): Promise<void> {
  await holdOutbox(playerAt(tenant.workspaceId, userId), held)
  await must(operator.call('PUT', `/workspaces/${tenant.workspaceId}/users/${userId}`, { email: `${userId}@example.org`, nickname }))
}

/** One batch; the numbers of the messages that were acknowledged. */
async function deliver(messages: unknown[]): Promise<number[]> {
  const queued = messages.map((body, i) => ({ id: String(i), timestamp: Date.now(), attempts: 1, body }))
  const batch = createMessageBatch('laurel-outbox', queued)
  const context = createExecutionContext()
  await worker.queue(batch as MessageBatch<OutboxMessage>, env, context)
  const { explicitAcks, retryMessages } = await getQueueResult(batch, context)
  expect([...explicitAcks, ...retryMessages.map(({ msgId }) => msgId)].map(Number).sort((a, b) => a - b)).toEqual(messages.map((_, i) => i))
  return explicitAcks.map(Number).sort((a, b) => a - b)
}

const indexRows = async (kind: string) => (await must(operator.get(`/workspaces/${tenant.workspaceId}/audit/index/${kind}`))).items

/** Rows that every object still waits to have confirmed. */
const onTheirWay = async () => (await auditOf(tenant.workspaceId)).filter((line) => line.endsWith('on their way'))

/** A history in which everything changes more than once; answers the board. */
async function play(): Promise<string> {
  const { runtimeLeaderboardId } = await newBoard(tenant)
  await newHeldUser('ada', 'Ada')
  await newHeldUser('bob', 'Bob')
  for (let i = 1; i <= 4; i++) {
    await must(log(tenant, 'ada', { value: i }))
    await must(log(tenant, 'bob', { value: 10 * i }))
  }
  await must(tenant.admin.call('PATCH', '/users/ada', { nickname: 'Ada L.' }))
  await must(log(tenant, 'ada', { value: 5 }))
  await must(tenant.admin.call('DELETE', '/users/bob'))
  return runtimeLeaderboardId
}

/** Any mixing of the messages, the same in every run. */
function shuffled<T>(items: T[], seed: number): T[] {
  const result = [...items]
  let state = seed
  for (let i = result.length - 1; i > 0; i--) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    const j = state % (i + 1)
    ;[result[i], result[j]] = [result[j] as T, result[i] as T]
  }
  return result
}

test.each([
  ['in order', (messages: OutboxMessage[]) => messages],
  ['in reverse', (messages: OutboxMessage[]) => [...messages].reverse()],
  ['twice, mixed', (messages: OutboxMessage[]) => shuffled([...messages, ...messages], 1)],
  ['twice, mixed otherwise', (messages: OutboxMessage[]) => shuffled([...messages, ...messages], 2)],
])('messages delivered %s, one by one, come to the same', async (_, mix) => {
  const boardId = await play()
  expect(held.length).toBeGreaterThan(10)
  // Delivery makes more of them: what is asked of users, and what they answer.
  for (let next = held.splice(0); next.length > 0; next = held.splice(0)) for (const message of mix(next)) await deliver([message])

  expect(await readBoard(tenant.machine, boardId)).toEqual([[1, 'Ada L.', 15]])
  expect(await tenant.admin.all('/users')).toMatchObject([{ userId: 'ada', nickname: 'Ada L.' }])
  expect((await indexRows('activity')).map(({ id }: { id: string }) => id)).toEqual(['walk'])
  expect(await onTheirWay()).toEqual([])
})

test('all in one batch come to the same, and are all acknowledged', async () => {
  const boardId = await play()
  for (let next = held.splice(0); next.length > 0; next = held.splice(0)) {
    const batch = shuffled([...next, ...next], 3)
    expect(await deliver(batch)).toEqual(batch.map((_, i) => i))
  }
  expect(await readBoard(tenant.machine, boardId)).toEqual([[1, 'Ada L.', 15]])
  expect(await onTheirWay()).toEqual([])
})

test('a message that nobody can read or apply is retried, and stops no other', async () => {
  const boardId = await play()
  const { workspaceId } = tenant
  const push = { entityId: 'ada', name: 'x', score: 1, incarnation: 1, sequence: 1 }
  const score = (seriesId: string) => ({ id: 's', sequence: 1, body: { kind: 'score', seriesId, periodId: 'PERMANENT', push } })
  const source = { kind: 'player', userId: 'ada' }
  const poison = [
    'not a message',
    null,
    { version: 2, workspaceId, source, rows: [] },
    { version: 1, workspaceId, source, rows: [score('no such series')] },
    { version: 1, workspaceId: 'nosuchspac', source, rows: [score(boardId)] },
    {
      version: 1,
      workspaceId,
      source,
      rows: [{ id: 'user', sequence: 99, body: { kind: 'user', userId: null, incarnation: 1, profile: null } }],
    },
    {
      version: 1,
      workspaceId,
      source,
      rows: [{ ...score(boardId), body: { ...score(boardId).body, push: { ...push, score: 0.5, sequence: 99 } } }],
    },
  ]
  for (let next = held.splice(0); next.length > 0; next = held.splice(0)) {
    const batch = [...poison.slice(0, 3), ...next, ...poison.slice(3)]
    expect(await deliver(batch)).toEqual(next.map((_, i) => i + 3))
  }
  expect((await inspectPlayer(workspaceId, 'ada'))?.lines).toBe(5)
  expect(await readBoard(tenant.machine, boardId)).toEqual([[1, 'Ada L.', 15]])
  expect(await onTheirWay()).toEqual([])
})

test('a message that comes after newer ones were applied changes nothing', async () => {
  const boardId = await play()
  const first = [...held]
  for (let next = held.splice(0); next.length > 0; next = held.splice(0)) await deliver(next)
  const before = [await readBoard(tenant.machine, boardId), await tenant.admin.all('/users'), await tenant.admin.all('/activities')]
  for (const message of first.reverse()) await deliver([message])
  const after = [await readBoard(tenant.machine, boardId), await tenant.admin.all('/users'), await tenant.admin.all('/activities')]
  expect(after).toEqual(before)
})
