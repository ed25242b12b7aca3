// A workspace's state in the tables that its object uses, and commands decided and applied on it, without a log.

import { boardQuery } from '../../../domain/boards/board-query.ts'
import type { UserProfile } from '../../../domain/player/types.ts'
import { decideWorkspace } from '../../../domain/workspace/decide.ts'
import { buildRuleSet } from '../../../domain/workspace/rule-set.ts'
import type { ResourceType, StoredResource, WorkspaceCommand, WorkspaceDocument } from '../../../domain/workspace/types.ts'
import { WorkspaceEntity } from '../../../durable-objects/workspace/workspace-entity.ts'
import { workspaceTables } from '../../../durable-objects/workspace/workspace-tables.ts'
import { nodeSql } from '../log/node-sql.ts'

export const document: WorkspaceDocument = {
  workspaceId: 'workspace1',
  accountId: 'account001',
  name: 'Workspace',
  slug: 'workspace',
  plan: 'STANDARD',
  type: 'CUSTOM',
  settings: { strict: false, derivedIdempotency: true },
  createdAtMs: 1,
  updatedAtMs: 1,
}

export const translations = [{ lang: 'en', label: 'Label' }]
export const activityBody = { name: 'Commit', defaultLang: 'en' }
export const currencyBody = { name: 'Points', defaultLang: 'en', scale: 2 }
export const ruleBody = (rest: Record<string, unknown> = {}) => ({
  name: 'Rule',
  ruleType: 'ENTITY',
  matchEntity: 'Activity',
  matchCondition: true,
  applicationMode: 'ALWAYS',
  defaultLang: 'en',
  rewards: [{ rewardType: 'VIRTUAL_CURRENCY', virtualCurrencyId: 'points', redemptionMode: 'AUTO', expression: 1 }],
  ...rest,
})
export const configurationBody = (currency = 'points') => ({
  name: 'Ranking',
  query: boardQuery(currency),
  displayTopN: 10,
  showRank: true,
  showScore: true,
  defaultLang: 'en',
})

export const userProfile = (userId: string, externalId?: string): UserProfile => ({
  userId,
  principalId: `p-${userId}`,
  accountId: document.accountId,
  workspaceId: document.workspaceId,
  ...(externalId !== undefined && { externalId }),
  principal: { sub: `p-${userId}`, email: 'someone@example.org' },
  createdAtMs: 1,
  updatedAtMs: 1,
})

export function workspaceState() {
  const { sql } = nodeSql()
  const tables = workspaceTables(sql)
  const entity = new WorkspaceEntity(tables, () => [])
  entity.migrate()
  let sequence = 0
  /** Decides at `nowMs` and applies what came of it. */
  function run(command: WorkspaceCommand, nowMs = 1000) {
    const decision = decideWorkspace(tables.view, command, { nowMs, newId: () => 'unused' })
    if (!decision.ok) return decision
    sequence += 1
    const { effects, answer } = decision.value
    entity.apply({
      incarnation: 1,
      sequence,
      previousIncarnation: 1,
      decidedAtMs: nowMs,
      command,
      trail: { subject: 'test', platform: 'system', requestId: 'r' },
      ruleSet: entity.ruleSetNumber(),
      effects,
      answer,
    })
    return decision
  }
  const create = (type: ResourceType, id: string, body: Record<string, unknown>, nowMs?: number) =>
    run({ kind: 'resource.create', type, id, body, translations }, nowMs)
  const publish = (type: ResourceType, id: string, nowMs?: number) => run({ kind: 'resource.publish', type, id }, nowMs)
  const resource = (type: ResourceType, id: string): StoredResource => {
    const found = tables.view.resource(type, id)
    if (found === null) throw new Error(`no ${type} ${id}`)
    return found
  }
  return {
    sql,
    view: tables.view,
    tables,
    entity,
    run,
    create,
    publish,
    resource,
    rules: () => buildRuleSet(tables.view, tables.view.ruleSetNumber()),
  }
}

export function founded() {
  const state = workspaceState()
  state.run({ kind: 'workspace.create', workspace: document })
  return state
}
