// What leaves an object for its consumers: no message holds up another, none is too large for the queue, and a row that
// cannot be made does not stop the rest.

import { expect, test } from 'vitest'
import type { Commit } from '../../../domain/log/types.ts'
import type { OutboxBody, OutboxRow } from '../../../domain/outbox.ts'
import { ok } from '../../../domain/result.ts'
import { CommitLog } from '../../../durable-objects/log/commit-log.ts'
import type { Entity, Outgoing } from '../../../durable-objects/log/entity.ts'
import { bytesOf } from '../../../durable-objects/log/packing.ts'
import { MemoryPending } from './memory-pending.ts'
import { nodeSql } from './node-sql.ts'
import { SimRegion } from './sim-region.ts'

/** Queues takes 128 KB with the envelope. */
const queueLimitBytes = 128_000

interface Say {
  id: string
  /** Of the row; `made` at the sending where it is null. */
  bytes: number | null
}

/** An entity whose every command is one outbox row. */
class Talker implements Entity<Say, { said: Say }> {
  readonly said: Say[] = []
  migrate() {}
  clear() {
    this.said.length = 0
  }
  isBirth = () => true
  exists = () => this.said.length > 0
  decide = (command: Say) => ok({ effects: { said: command }, answer: { status: 200, body: null } })
  apply({ effects }: Commit<Say, { said: Say }>) {
    if (effects.said) this.said.push(effects.said)
  }
  outgoing = ({ effects: { said } }: Commit<Say, { said: Say }>): Outgoing[] => [
    said.bytes === null ? { id: said.id } : { id: said.id, body: bodyOf(said.id, said.bytes) },
  ]
  everything = () => []
  materialize(id: string): OutboxBody | null {
    if (id.startsWith('poison')) throw new Error('a bug')
    return bodyOf(id, 100)
  }
  ruleSetNumber = () => 1
  strict = () => false
}

const bodyOf = (id: string, bytes: number): OutboxBody => ({ kind: 'backfill', seriesId: id, after: 'x'.repeat(bytes) })

function talking(send: (rows: OutboxRow[]) => Promise<void>) {
  let nowMs = 1_000_000
  let ids = 0
  const region = new SimRegion('eu-west-1', () => ++ids)
  const events: string[] = []
  const log = new CommitLog(
    {
      log: { workspaceId: 'w', kind: 'workspace', entityId: 'w' },
      sql: nodeSql().sql,
      regions: [region],
      pending: new MemoryPending(),
      now: () => nowMs,
      newId: () => `id-${++ids}`,
      random: () => 0.5,
      after: () => new Promise(() => {}),
      setAlarm: () => {},
      send,
      report: ({ event }) => void events.push(event),
      limits: { answerDeadlineMs: 4000, repairAfterMs: 960_000, resendAfterMs: 30_000, retryAfterMs: 1000 },
    },
    new Talker(),
  )
  const trail = { subject: 'test', platform: 'system', requestId: 'r' } as const
  const say = async (id: string, bytes: number | null) => (await log.execute([{ command: { id, bytes }, trail }]))[0]
  const later = async (ms: number) => {
    nowMs += ms
    await log.alarm()
  }
  return { log, say, later, events }
}

test('a message that the queue refuses holds up no other, and goes again by itself', async () => {
  const sent: string[] = []
  let refuses = true
  const { say, later } = talking(async (rows) => {
    if (refuses && rows.some(({ id }) => id === 'refused')) throw new Error('not now')
    sent.push(...rows.map(({ id }) => id))
  })
  await say('refused', 60_000)
  await say('other', 60_000)
  await later(1000)
  expect(sent).toEqual(['other'])
  refuses = false
  await later(1000)
  expect(sent).toEqual(['other', 'refused'])
})

test('what nobody confirms is sent again less and less often, and at once when it has changed', async () => {
  const sentAt: number[] = []
  let elapsedMs = 0
  const { log, say, later } = talking(async () => void sentAt.push(elapsedMs))
  await say('row', 10)
  while (elapsedMs < 2_000_000) {
    elapsedMs += 5_000
    await later(5_000)
  }
  const gaps = sentAt.slice(1).map((at, i) => at - (sentAt[i] ?? 0))
  // 30 s, then twice that each time, up to sixteen times as long; an eighth earlier here, since chance is 0.5.
  expect(gaps.slice(0, 5)).toEqual([30_000, 55_000, 105_000, 210_000, 420_000])
  expect(gaps[5]).toBe(420_000)
  const before = sentAt.length
  await say('row', 20)
  await later(1)
  expect(sentAt.length).toBe(before + 1)
  expect(log.status().outbox).toBe(1)
})

test('a row that cannot be made is left for later; the rest goes', async () => {
  const sent: string[] = []
  const { log, say, later, events } = talking(async (rows) => {
    for (const { id, sequence } of rows) {
      sent.push(id)
      log.tables.confirmOutbox(id, sequence)
    }
  })
  await say('poison', null)
  await say('other', null)
  await later(30_000)
  expect(sent).toEqual(['other'])
  expect(log.status().outbox).toBe(1)
  expect(events).toContain('log/stumbled')
})

test('what could not be told to anyone is refused before it is stored', async () => {
  const sizes: number[] = []
  const { log, say, later } = talking(async (rows) => void sizes.push(bytesOf(JSON.stringify(rows))))
  for (const bytes of [40_000, 90_000, 110_000]) expect(await say(`row-${bytes}`, bytes)).toMatchObject({ ok: true })
  expect(await say('too-large', 125_000)).toMatchObject({ ok: false, error: { code: 'request/too_large' } })
  expect(log.status()).toMatchObject({ decided: 3, confirmed: 3 })
  await later(30_000)
  expect(sizes.length).toBeGreaterThan(2)
  expect(Math.max(...sizes)).toBeLessThan(queueLimitBytes - 1000)
  // The log goes on as if nothing had been said.
  expect(await say('next', 10)).toMatchObject({ ok: true, at: { sequence: 4 } })
})
