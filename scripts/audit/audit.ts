// One whole comparison of a workspace: objects, record, both regions, index and boards. Reads only. What should be is
// taken from the record alone (the server folds it); what is, from the derived things.

import type { BoardRow } from '../../d1/index-store.ts'
import { boardId } from '../../domain/boards/board-id.ts'
import type { ScorePush, Series } from '../../domain/boards/types.ts'
import { comparePositions } from '../../domain/log/position.ts'
import type { Position } from '../../domain/log/types.ts'
import type { StoredMedia } from '../../domain/media/types.ts'
import type { UserProfile } from '../../domain/player/types.ts'
import { firstPeriod } from '../../domain/timeframe/periods.ts'
import type { ResourceType, StoredResource } from '../../domain/workspace/types.ts'
import { rowOf } from '../../workers/boards/ensure-boards.ts'
import { canonicalJson } from '../../workers/edge/canonical.ts'
import type { Operator } from './operator.ts'

export interface AuditedBoard {
  series: Series
  periodId: string
  boardId: string
  /** Members that are as the record gives them. */
  right: string[]
  differences: number
}

export interface Audit {
  differences: string[]
  users: number
  events: number
  commits: number
  boards: AuditedBoard[]
  /** Per kind, the index rows that are as the record gives them. */
  rightRows: Map<Kind, string[]>
}

const resourceTypes = ['activity', 'virtual-currency', 'reward-rule', 'runtime-leaderboard-configuration'] as const
export type Kind = 'user' | 'board' | 'media' | 'audit-record' | ResourceType

interface ExpectedRecord {
  id: string
  row: string
  isOptional?: true
}

interface WorkspaceAudit {
  differences: string[]
  commits: number
  head: Position
  outbox: number
  series: Series[]
  resources: StoredResource[]
  /** That are not deleted. */
  media: StoredMedia[]
  auditRecords: ExpectedRecord[]
}

interface UserAudit {
  userId: string
  differences: string[]
  commits: number
  head: Position
  events: number
  outbox: number
  profile: UserProfile | null
  scores: { seriesId: string; periodId: string; score: number }[]
  auditRecords: ExpectedRecord[]
}

interface IndexRow {
  id: string
  at: Position
  deleted: boolean
  row: unknown
}

/** What a row of the index must say, and the end of the log it comes from: a row from beyond it would give way to nothing. */
interface Wanted {
  row: unknown
  head: Position
  /** Right where it is there, and not missed where it is not. */
  isOptional?: true
}

interface Expected {
  shown: { name: string; imageUrl?: string; score: number }
  head: Position
}

export async function audit(from: Operator): Promise<Audit> {
  const workspace = await from.get<WorkspaceAudit>('/audit')
  const result: Audit = { differences: [], users: 0, events: 0, commits: workspace.commits, boards: [], rightRows: new Map() }
  const say = (where: string, what: string) => result.differences.push(`${where}: ${what}`)
  for (const difference of workspace.differences) say('workspace', difference)
  if (workspace.outbox > 0) say('workspace', `${workspace.outbox} outbox rows are not applied yet`)

  const profiles = new Map<string, Wanted>()
  const records = new Map<string, Wanted>(wantedRecords(workspace))
  const expected = new Map<string, Map<string, Expected>>()
  for await (const user of from.all<UserAudit>('/audit/users')) {
    result.users += 1
    result.events += user.events
    result.commits += user.commits
    for (const difference of user.differences) say(`user ${user.userId}`, difference)
    if (user.outbox > 0) say(`user ${user.userId}`, `${user.outbox} outbox rows are not applied yet`)
    for (const [id, wanted] of wantedRecords(user)) records.set(id, wanted)
    if (user.profile) profiles.set(user.userId, { row: user.profile, head: user.head })
    for (const { seriesId, periodId, score } of user.scores) {
      const board = `${seriesId}|${periodId}`
      const members = expected.get(board) ?? new Map<string, Expected>()
      const { nickname = '', profileImage } = user.profile ?? {}
      expected.set(
        board,
        members.set(user.userId, {
          shown: { name: nickname, ...(profileImage !== undefined && { imageUrl: profileImage }), score },
          head: user.head,
        }),
      )
    }
  }
  await auditIndex(from, 'user', profiles, result)
  for (const type of resourceTypes) {
    const own = workspace.resources.filter((resource) => resource.type === type)
    await auditIndex(from, type, new Map(own.map((resource) => [resource.id, { row: resource, head: workspace.head }])), result)
  }
  const media = workspace.media.map((one): [string, Wanted] => [one.mediaId, { row: mediaRow(one), head: workspace.head }])
  await auditIndex(from, 'media', new Map(media), result)
  await auditIndex(from, 'audit-record', records, result)
  await auditBoards(from, workspace.series, expected, result)
  return result
}

/** With the columns that lists are found by. */
const mediaRow = (media: StoredMedia) => ({ media, scope: media.scope, fileType: media.fileType, updatedAtMs: media.updatedAtMs })

const wantedRecords = ({ auditRecords, head }: Pick<WorkspaceAudit, 'auditRecords' | 'head'>): [string, Wanted][] =>
  auditRecords.map(({ id, ...wanted }) => [id, { ...wanted, head }])

async function auditIndex(from: Operator, kind: Kind, wanted: Map<string, Wanted>, result: Audit): Promise<void> {
  const right: string[] = []
  const seen = new Set<string>()
  for await (const { id, at, deleted, row } of from.all<IndexRow>(`/audit/index/${kind}`)) {
    seen.add(id)
    const own = wanted.get(id)
    // A tombstone of what the record has deleted is right, and so is no row at all.
    const asWanted = own ? !deleted && canonicalJson(row) === canonicalJson(own.row) : deleted
    if (!asWanted) result.differences.push(`index, ${kind} ${id}: ${own ? 'differs from the record' : 'is not in the record'}`)
    else if (own && comparePositions(at, own.head) > 0) result.differences.push(`index, ${kind} ${id}: is ahead of the record`)
    else right.push(id)
  }
  for (const [id, { isOptional }] of wanted) if (!seen.has(id) && !isOptional) result.differences.push(`index, ${kind} ${id}: missing`)
  result.rightRows.set(kind, right)
}

async function auditBoards(from: Operator, series: Series[], expected: Map<string, Map<string, Expected>>, result: Audit): Promise<void> {
  const rows = new Map<string, BoardRow>()
  const right: string[] = []
  for await (const { id, row } of from.all<IndexRow>('/audit/index/board')) {
    const board = row as BoardRow
    const own = series.find(({ seriesId }) => seriesId === board.seriesId)
    const wanted = own && rowOf(from.workspaceId, own, board.periodId)
    if (wanted?.boardId !== id) result.differences.push(`index, board ${id}: no series of the record has it`)
    else {
      rows.set(`${board.seriesId}|${board.periodId}`, board)
      if (canonicalJson(wanted) === canonicalJson(row)) right.push(id)
      else result.differences.push(`index, board ${id}: differs from the record`)
    }
  }
  // Every series has the board it was created with; the others begin with their first member.
  for (const own of series) {
    const first = firstPeriod(own)
    const name = `${own.seriesId}|${first?.periodId}`
    if (first && !expected.has(name)) expected.set(name, new Map())
  }
  result.rightRows.set('board', right)
  for (const name of new Set([...expected.keys(), ...rows.keys()])) {
    const [seriesId = '', periodId = ''] = name.split('|')
    const own = series.find((one) => one.seriesId === seriesId)
    if (!own) continue
    if (!rows.has(name)) result.differences.push(`index, board of ${name}: missing`)
    result.boards.push(await auditBoard(from, own, periodId, expected.get(name) ?? new Map(), result))
  }
}

async function auditBoard(
  from: Operator,
  series: Series,
  periodId: string,
  expected: Map<string, Expected>,
  result: Audit,
): Promise<AuditedBoard> {
  const path = `/audit/boards/${encodeURIComponent(series.seriesId)}/${encodeURIComponent(periodId)}`
  const board: AuditedBoard = { series, periodId, boardId: boardId(series, periodId), right: [], differences: 0 }
  const say = (what: string) => {
    board.differences += 1
    result.differences.push(`board ${board.boardId} (${periodId}): ${what}`)
  }
  const { status } = await from.get<{ status: string }>(path)
  if (status !== 'ok') say(`is ${status}`)
  const seen = new Set<string>()
  for await (const { entityId, name, imageUrl, score, incarnation, sequence } of from.all<ScorePush>(path)) {
    seen.add(entityId)
    const wanted = expected.get(entityId)
    const held = { name, ...(imageUrl !== undefined && { imageUrl }), score }
    if (!wanted) say(`${entityId} is not in the record`)
    else if (canonicalJson(wanted.shown) !== canonicalJson(held))
      say(`${entityId} has ${canonicalJson(held)}, the record gives ${canonicalJson(wanted.shown)}`)
    else if (comparePositions({ incarnation, sequence }, wanted.head) > 0) say(`${entityId} is ahead of the record`)
    else board.right.push(entityId)
  }
  for (const entityId of expected.keys()) if (!seen.has(entityId)) say(`${entityId} is missing`)
  return board
}

export const summary = ({ differences, users, events, commits, boards }: Audit): string =>
  `${users} users, ${commits} commits, ${events} events with an id, ${boards.length} boards: ${differences.length === 0 ? 'no difference' : `${differences.length} differences`}`

/** A rebuild fills no region: for each that lacks what another has, the command that does. */
export function refillHints({ differences }: Audit): string[] {
  const lacking = new Set(differences.flatMap((difference) => /is missing in (\S+)$/.exec(difference)?.[1] ?? []))
  return [...lacking].map((region) => `${region} lacks items that the other region has: npm run region -- refill ${region}`)
}
