// An export: all of the list, oldest first, a line a record, read as fast as it is taken and never faster.

import { expect, test, vi } from 'vitest'
import type { AuditListPage } from '../../../domain/audit/query.ts'
import type { AuditRecord } from '../../../domain/audit/types.ts'
import { failure } from '../../../domain/failures.ts'
import { fail, ok, type Result } from '../../../domain/result.ts'
import { auditExport } from '../../../workers/dashboard/audit-export.ts'
import { auditView } from '../../../workers/dashboard/audit-view.ts'

const record = (sequence: number, more: Partial<AuditRecord> = {}): AuditRecord => ({
  auditRecordId: `workspace:w:1.${sequence}`,
  atMs: 1_000 + sequence,
  who: { subject: 'someone', platform: 'web' },
  operation: 'activities/update',
  requestId: 'r',
  entity: { kind: 'activity', id: 'walk' },
  after: { name: `Wälk ${sequence}` },
  outcome: 'done',
  digest: 'd',
  ...more,
})

function exported(all: AuditRecord[], whole: (one: AuditRecord) => Promise<Result<AuditRecord>> = async (one) => ok(one)) {
  const lines: string[] = []
  const listAuditRecords = vi.fn(async (_workspaceId: string, { limit, after }: AuditListPage) => {
    const start = after ? all.findIndex(({ auditRecordId }) => auditRecordId === after.auditRecordId) + 1 : 0
    return all.slice(start, start + limit)
  })
  const services = { now: () => 0, index: { listAuditRecords } } as unknown as Parameters<typeof auditExport>[0]['services']
  const stream = auditExport(
    { services, log: (line) => lines.push(line), workspaceId: 'w', filter: { toMs: 9_000 }, whole },
    { renew: () => true, end: () => {} },
    2,
  )
  return { stream, listAuditRecords, lines }
}

const views = (records: AuditRecord[]) => records.map((one) => JSON.parse(JSON.stringify(auditView(one, 'w'))))
const parsed = async (stream: ReadableStream) =>
  (await new Response(stream).text()).split('\n').map((line) => (line === '' ? line : JSON.parse(line)))

test.each([0, 1, 2, 3, 4, 5])('of %i records is a line each, and ends with the last', async (count) => {
  const all = Array.from({ length: count }, (_, i) => record(i + 1))
  const { stream, listAuditRecords } = exported(all)
  expect(await parsed(stream)).toEqual([...views(all), ''])
  for (const call of listAuditRecords.mock.calls as unknown as unknown[][])
    expect(call).toMatchObject(['w', { limit: 2, order: 'asc' }, { toMs: 9_000 }])
})

test('reads nothing before it is asked, a page at a time, and nothing after it was given up', async () => {
  const { stream, listAuditRecords } = exported(Array.from({ length: 9 }, (_, i) => record(i + 1)))
  expect(listAuditRecords).not.toHaveBeenCalled()
  const reader = stream.getReader()
  await reader.read()
  expect(listAuditRecords).toHaveBeenCalledTimes(1)
  await reader.read()
  expect(listAuditRecords).toHaveBeenCalledTimes(2)
  await reader.cancel()
  expect(listAuditRecords).toHaveBeenCalledTimes(2)
})

test('has whole what the list has cut', async () => {
  const { after: _after, ...rest } = record(1)
  const { stream } = exported([{ ...rest, cut: ['after'] }, record(2)], async () => ok(record(1)))
  expect(await parsed(stream)).toEqual([...views([record(1), record(2)]), ''])
})

test('that cannot be finished breaks off, and the operator is told why', async () => {
  const unavailable = async () => fail(failure('record/unavailable', 'Not now.'))
  const { stream, lines } = exported([record(1), record(2), record(3, { cut: ['after'] })], unavailable)
  await expect(new Response(stream).text()).rejects.toThrow('could not be finished')
  expect(lines.join()).toMatch(/audit\/export_failed.*workspace:w:1\.3: record\/unavailable/)
})
