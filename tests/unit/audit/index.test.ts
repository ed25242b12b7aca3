// The list of audit records on a real D1: written once, found by everything that can be asked, apart by workspace, in
// order of index and not of arrival; and verify's way to hold it against the log.

import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { d1IndexStore } from '../../../d1/d1-index-store.ts'
import type { IndexStore } from '../../../d1/index-store.ts'
import { type AuditFilter, type AuditKey, auditKeyOf } from '../../../domain/audit/query.ts'
import { listedRecord } from '../../../domain/audit/record.ts'
import type { AuditRecord } from '../../../domain/audit/types.ts'
import { digestOfRow, expectedRecords } from '../../../workers/platform/audit-records.ts'
import { type LocalD1, localD1 } from '../d1/local-d1.ts'
import { activityBody, translations } from '../workspace/state.ts'
import { founded, trail, workspaceRef } from './workspace-log.ts'

const workspaceId = 'workspace1'
let d1: LocalD1
let store: IndexStore
let clock = 100

beforeAll(async () => {
  d1 = await localD1()
  store = d1IndexStore(d1.database, () => clock)
})
afterAll(() => d1.dispose())
beforeEach(async () => {
  clock = 100
  await d1.database.prepare('DELETE FROM audit_records').run()
})

const record = (auditRecordId: string, atMs: number, more: Partial<AuditRecord> = {}): AuditRecord => ({
  auditRecordId,
  atMs,
  who: { subject: 'someone', platform: 'web' },
  operation: 'activities/update',
  requestId: 'r',
  entity: { kind: 'activity', id: 'walk' },
  before: null,
  after: { name: 'Walk' },
  outcome: 'done',
  digest: 'd',
  ...more,
})
const put = (records: AuditRecord[], id = workspaceId) => store.putAuditRecords(records.map((record) => ({ workspaceId: id, record })))
const list = (filter: AuditFilter = {}, page: { order?: 'asc' | 'desc'; limit?: number; after?: AuditKey } = {}, id = workspaceId) =>
  store.listAuditRecords(id, { limit: 50, order: 'asc', ...page }, filter)
const ids = (records: AuditRecord[]) => records.map(({ auditRecordId }) => auditRecordId)

describe('a row', () => {
  it('stays as it was first written, whatever comes under its name', async () => {
    const first = record('workspace:w:1.1', 5)
    await put([first])
    await put([record('workspace:w:1.1', 9, { after: { name: 'Other' } }), record('workspace:w:1.2', 9)])
    expect(await list()).toEqual([first, record('workspace:w:1.2', 9)])
  })

  it('is of its workspace alone, also under a name that another has', async () => {
    await put([record('user:ada:1.1', 5)])
    await put([record('user:ada:1.1', 6)], 'workspace2')
    expect([ids(await list()), (await list({}, {}, 'workspace2')).map(({ atMs }) => atMs)]).toEqual([['user:ada:1.1'], [6]])
    expect(await list({}, {}, 'workspace3')).toEqual([])
  })

  it('goes in with many others', async () => {
    await put(Array.from({ length: 120 }, (_, i) => record(`workspace:w:1.${i + 1}`, i)))
    expect(await list({}, { limit: 200 })).toHaveLength(120)
  })
})

describe('the list', () => {
  it('goes by time, then by the place in the log, in pages without a gap or a repeat', async () => {
    const names = ['workspace:w:1.9', 'workspace:w:1.10', 'workspace:w:2.11', 'user:ada:1.9', 'user:ben:1.1']
    await put([...names.map((name) => record(name, 5)), record('user:zoe:1.1', 4)].reverse())
    const ascending = ['user:zoe:1.1', 'user:ben:1.1', 'user:ada:1.9', 'workspace:w:1.9', 'workspace:w:1.10', 'workspace:w:2.11']
    for (const order of ['asc', 'desc'] as const) {
      const seen: string[] = []
      for (let after: AuditKey | undefined; ; ) {
        const page = await list({}, { order, limit: 2, after })
        seen.push(...ids(page))
        const last = page.at(-1)
        if (!last) break
        after = auditKeyOf(last)
      }
      expect(seen).toEqual(order === 'asc' ? ascending : [...ascending].reverse())
    }
  })

  it('finds by each thing that can be asked, and by several', async () => {
    const [machine, person] = [{ subject: 'm', platform: 'm2m' } as const, { subject: 'ada@x', platform: 'web', userId: 'ada' } as const]
    await put([
      record('workspace:w:1.1', 1, { who: machine, forUserId: 'ada' }),
      record('workspace:w:1.2', 2, { who: person }),
      record('user:ada:1.1', 3, { who: machine, aboutUserId: 'ada', forUserId: 'ada', entity: { kind: 'user', id: 'ada' } }),
      record('user:ben:1.1', 4, { who: person, aboutUserId: 'ben', operation: 'users/update', entity: { kind: 'user', id: 'ben' } }),
      record('user:ben:1.2', 5, { who: machine, aboutUserId: 'ben', entity: { kind: 'session', id: 's' } }),
    ])
    const found = async (filter: AuditFilter) => (await list(filter)).map(({ atMs }) => atMs)
    expect(await found({ subject: 'm' })).toEqual([1, 3, 5])
    expect(await found({ userId: 'ada' })).toEqual([1, 2, 3, 4])
    expect(await found({ userId: 'ben' })).toEqual([4, 5])
    expect(await found({ entity: 'user' })).toEqual([3, 4])
    expect(await found({ entity: 'user', entityId: 'ben' })).toEqual([4])
    expect(await found({ entityId: 's' })).toEqual([5])
    expect(await found({ operation: 'users/update' })).toEqual([4])
    expect(await found({ fromMs: 2, toMs: 4 })).toEqual([2, 3])
    expect(await found({ userId: 'ada', subject: 'm', fromMs: 2 })).toEqual([3])
    expect(ids(await list({ userId: 'ada' }, { order: 'desc', limit: 2 }))).toEqual(['user:ben:1.1', 'user:ada:1.1'])
  })

  it.each([
    ['audit_records_by_time', ''],
    ['audit_records_by_subject', 'AND subject = ?2'],
    ['audit_records_by_user', 'AND user_id = ?2'],
    ['audit_records_about_user', 'AND about_user_id = ?2'],
    ['audit_records_by_entity', 'AND entity_kind = ?2 AND entity_id = ?3'],
  ])('reads %s in order and sorts nothing', async (index, condition) => {
    const query = `SELECT row FROM audit_records WHERE workspace_id = ?1 ${condition} AND (at_ms, sequence, audit_record_id) < (?4, ?5, ?6)
      ORDER BY at_ms DESC, sequence DESC, audit_record_id DESC LIMIT 20`
    const { results } = await d1.database.prepare(`EXPLAIN QUERY PLAN ${query}`).bind('w', 'a', 'b', 1, 1, 'c').all<{ detail: string }>()
    const plan = results.map(({ detail }) => detail).join()
    expect(plan).toContain(`USING INDEX ${index}`)
    expect(plan).not.toContain('TEMP B-TREE')
  })
})

describe('held against the log', () => {
  async function indexed() {
    const log = await founded()
    await log.decide({ kind: 'resource.create', type: 'activity', id: 'walk', body: activityBody, translations })
    await log.decide({ kind: 'resource.publish', type: 'activity', id: 'walk' }, { ...trail, platform: 'm2m' })
    await put(log.records().map(listedRecord))
    return expectedRecords(workspaceRef, log.commits())
  }
  const scanned = async () =>
    (await store.scan(workspaceId, 'audit-record', null, 50)).map(({ id, row }) => ({ id, row: digestOfRow(row) }))

  it('every row is what its commit gives', async () => {
    const expected = await indexed()
    expect(expected).toHaveLength(3)
    expect(await scanned()).toEqual([...expected].sort((a, b) => (a.id < b.id ? -1 : 1)))
  })

  it.each([
    "row = json_set(row, '$.who.subject', 'somebody else')",
    "row = json_set(row, '$.before', json('{}'))",
    "row = json_remove(row, '$.from')",
    "subject = 'somebody else'",
    'at_ms = at_ms + 1',
    "user_id = 'nobody'",
    "entity_id = 'run'",
    "operation = 'things/read'",
  ])('a row that was altered is found: %s', async (change) => {
    const expected = await indexed()
    const altered = expected[1]?.id
    await d1.database.prepare(`UPDATE audit_records SET ${change} WHERE audit_record_id = ?`).bind(altered).run()
    const right = (await scanned()).filter(({ id, row }) => expected.find((one) => one.id === id)?.row === row)
    expect(right.map(({ id }) => id).sort()).toEqual(expected.map(({ id }) => id).filter((id) => id !== altered))
  })

  it('and is taken away by a rebuild, in parts, with what nothing accounts for', async () => {
    const expected = await indexed()
    const kept = expected.map(({ id }) => id).filter((_, i) => i !== 1)
    await put([record('user:ghost:1.1', 1), record('workspace:workspace1:9.9', 1)])
    clock = 300
    await put([record('user:young:1.1', 1)])
    const [first = '', second = ''] = kept
    expect(await store.prune(workspaceId, 'audit-record', [first], 200, { through: first })).toBe(1)
    expect(await store.prune(workspaceId, 'audit-record', [second], 200, { after: first })).toBe(2)
    expect((await scanned()).map(({ id }) => id)).toEqual(['user:young:1.1', ...kept])
  })
})
