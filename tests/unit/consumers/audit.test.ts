import { expect, test } from 'vitest'
import type { RegionLog } from '../../../aws-core/dynamodb/region-log.ts'
import type { Series } from '../../../domain/boards/types.ts'
import { digestOf } from '../../../domain/log/fold.ts'
import type { Commit, PackedItem } from '../../../domain/log/types.ts'
import type { LedgerLine, PlayerCommand, PlayerEffects } from '../../../domain/player/types.ts'
import { ok } from '../../../domain/result.ts'
import type { PlayerInspection } from '../../../durable-objects/player/rpc.ts'
import { comparePlayer, foldPlayer } from '../../../workers/platform/audit-player.ts'
import { readRecord } from '../../../workers/platform/read-record.ts'

const line = (amount: number, direction: 'CREDIT' | 'DEBIT', state: 'COMPLETED' | 'PENDING' = 'COMPLETED') =>
  ({ virtualCurrencyId: 'points', amount, direction, state, occurredAtMs: 1, timezone: 'UTC', createdAtMs: 1 }) as LedgerLine

const balance = (amount: number, availableAmount: number) => ({
  virtualCurrencyId: 'points',
  amount,
  availableAmount,
  createdAtMs: 0,
  updatedAtMs: 0,
})

function commit(sequence: number, effects: PlayerEffects): Commit<PlayerCommand, PlayerEffects> {
  const trail = { subject: 's', platform: 'web', requestId: 'r' } as const
  const place = { incarnation: 1, sequence, previousIncarnation: sequence === 1 ? 0 : 1, decidedAtMs: 1, ruleSet: 1 }
  return { ...place, command: { kind: 'user.delete' }, eventId: `e${sequence}`, trail, effects, answer: { status: 200, body: null } }
}

const commits = [
  commit(1, { profile: { userId: 'u' } as never }),
  commit(2, { lines: [line(5, 'CREDIT'), line(2, 'DEBIT')], balances: [balance(3, 3)] }),
  commit(3, { lines: [line(4, 'CREDIT', 'PENDING')], balances: [balance(7, 3)] }),
]
const series = {
  seriesId: 's1',
  virtualCurrencyId: 'points',
  timeframeType: 'PERMANENT',
  timezoneType: 'FIXED',
  timezone: 'UTC',
  startsAtMs: 0,
  lateEventsForMs: null,
  sinceRuleSet: 1,
} as Series
const head = { incarnation: 1, sequence: 3 }
const right: PlayerInspection = {
  status: { incarnation: 1, decided: 3, confirmed: 3, outbox: 0, regions: { a: 3, b: 0 } },
  profile: { userId: 'u' } as never,
  deleted: false,
  balances: [balance(7, 3)],
  ledger: { points: 7 },
  lines: 3,
  events: 3,
  digests: foldPlayer(commits, []).digests,
}

test('an object that is as its record gives it differs in nothing', () => {
  const folded = foldPlayer(commits, [series])
  expect(folded.scores).toEqual([{ seriesId: 's1', periodId: 'PERMANENT', score: 7 }])
  expect(comparePlayer(folded, head, right)).toEqual([])
})

test.each<[string, Partial<PlayerInspection>]>([
  ['a balance', { balances: [balance(8, 3)] }],
  ['an available balance', { balances: [balance(7, 4)] }],
  ['a missing balance', { balances: [] }],
  ['a balance of nothing', { balances: [balance(7, 3), { ...balance(1, 1), virtualCurrencyId: 'gold' }] }],
  ['a ledger sum', { ledger: { points: 6 } }],
  ['a lost line', { lines: 2 }],
  ['a doubled event', { events: 4 }],
  ['a name', { profile: { userId: 'u', nickname: 'x' } as never }],
  ['a commit that says something else', { digests: { ...foldPlayer(commits, []).digests, commits: 'other' } }],
  ['a ledger line that says something else', { digests: { ...foldPlayer(commits, []).digests, lines: 'other' } }],
  ['a commit the record lacks', { status: { ...right.status, decided: 4 } }],
  ['a region said to hold more than there is', { status: { ...right.status, regions: { a: 3, b: 4 } } }],
])('%s that is wrong is found', (_, over) => {
  expect(comparePlayer(foldPlayer(commits, [series]), head, { ...right, ...over }).length).toBeGreaterThan(0)
})

test('a stored balance in the record that is not the sum of its lines is found', () => {
  const wrong = [...commits.slice(0, 2), commit(3, { lines: [line(4, 'CREDIT', 'PENDING')], balances: [balance(8, 3)] })]
  expect(comparePlayer(foldPlayer(wrong, []), head, right).join()).toMatch(/sum of the ledger and last balance/)
})

const packed = (from: number, to: number): PackedItem => {
  const body = JSON.stringify(commits.slice(from - 1, to))
  const place = (sequence: number) => ({ incarnation: sequence === 0 ? 0 : 1, sequence })
  return { writer: 1, from, to, previous: place(from - 1), head: place(to), body, digest: digestOf(body) }
}
const region = (name: string, items: PackedItem[]) => ({ region: name, readItems: async () => ok(items) }) as unknown as RegionLog
const log = { workspaceId: 'w', kind: 'player', entityId: 'u' } as const

test('both regions are compared item by item, and gaps are found', async () => {
  const whole = [packed(1, 1), packed(2, 3)]
  expect(await readRecord([region('a', whole), region('b', whole)], log)).toMatchObject({ head, differences: [] })
  expect((await readRecord([region('a', whole), region('b', [packed(1, 1)])], log)).differences).toEqual(['item 1#2-3 is missing in b'])
  const gap = [packed(2, 3)]
  expect((await readRecord([region('a', gap), region('b', gap)], log)).differences.join()).toMatch(/log\/gap/)
  const altered = [packed(1, 1), { ...packed(2, 3), digest: 'other' }]
  expect((await readRecord([region('a', whole), region('b', altered)], log)).differences.length).toBeGreaterThan(1)
})
