// Audit rows of the queue: into the index together, a poison row alone; and a decision about a user that the user's own
// object has refused for good is listed from the workspace's log.

import { expect, test, vi } from 'vitest'
import type { AuditRecord } from '../../../domain/audit/types.ts'
import { failure } from '../../../domain/failures.ts'
import type { OutboxBody, OutboxMessage } from '../../../domain/outbox.ts'
import { fail, ok } from '../../../domain/result.ts'
import { userCommandEventId } from '../../../domain/workspace/user-command.ts'
import { consumeAudit } from '../../../workers/consumers/audit.ts'
import { type Incoming, incomingRows } from '../../../workers/consumers/rows.ts'
import type { Services } from '../../../workers/services.ts'

const record = (auditRecordId: string) => ({ auditRecordId, atMs: 1 }) as AuditRecord
const rowsOf = (...bodies: OutboxBody[]): Incoming[] => {
  const rows = bodies.map((body, i) => ({ id: `row${i}`, sequence: i + 1, body }))
  return incomingRows({ version: 1, workspaceId: 'w', source: { kind: 'workspace' }, rows } satisfies OutboxMessage)
}
const states = (rows: Incoming[]) => rows.map(({ state }) => state)
const command: OutboxBody = {
  kind: 'player',
  userId: 'ada',
  eventId: userCommandEventId({ incarnation: 2, sequence: 5 }),
  command: { kind: 'user.delete' },
}

function services(putAuditRecords = vi.fn(async (_rows: { workspaceId: string; record: AuditRecord }[]) => {})) {
  const auditRecord = vi.fn(async () => ok(record('workspace:w:2.5')))
  const given = { index: { putAuditRecords }, workspace: () => ({ auditRecord }) } as unknown as Services
  return { given, putAuditRecords, auditRecord }
}

test('rows go into the index together', async () => {
  const { given, putAuditRecords } = services()
  const rows = rowsOf({ kind: 'audit', record: record('a') }, { kind: 'audit', record: record('b') })
  await consumeAudit(given, rows)
  expect(putAuditRecords.mock.calls).toEqual([[['a', 'b'].map((id) => ({ workspaceId: 'w', record: record(id) }))]])
  expect(states(rows)).toEqual(['done', 'done'])
})

test('a poison row is open alone', async () => {
  const put = vi.fn(async (rows: { record: AuditRecord }[]) => {
    if (rows.some(({ record }) => record.auditRecordId === 'poison')) throw new Error('refused')
  })
  const rows = rowsOf({ kind: 'audit', record: record('poison') }, { kind: 'audit', record: record('b') })
  await consumeAudit(services(put).given, rows)
  expect(states(rows)).toEqual(['open', 'done'])
})

test('a decision that was refused for good is listed itself; one that was carried out or may pass is not', async () => {
  const { given, putAuditRecords, auditRecord } = services()
  const rows = rowsOf(command, command, command, { ...command, eventId: 'e1' })
  const refused = new Error('resource/not_found')
  for (const [i, row] of rows.entries())
    Object.assign(row, [{ state: 'done', error: refused }, { state: 'done' }, { error: refused }, { state: 'done', error: refused }][i])
  await consumeAudit(given, rows)
  expect(auditRecord.mock.calls).toEqual([['w', { incarnation: 2, sequence: 5 }]])
  expect(putAuditRecords.mock.calls).toEqual([[[{ workspaceId: 'w', record: record('workspace:w:2.5') }]]])
  expect(states(rows)).toEqual(['done', 'done', 'open', 'done'])
})

test('and comes again while it cannot be read', async () => {
  const { given } = services()
  const unavailable = { workspace: () => ({ auditRecord: async () => fail(failure('record/unavailable', 'Not now.')) }) }
  const rows = rowsOf(command)
  Object.assign(rows[0] as Incoming, { state: 'done', error: new Error('resource/not_found') })
  await consumeAudit({ ...given, ...unavailable } as unknown as Services, rows)
  expect(states(rows)).toEqual(['open'])
})
