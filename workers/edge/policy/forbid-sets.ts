// The forbids of workspaces, prepared and what they decided remembered, both within bounds.
//
// Guarantees: what is remembered hangs on one workspace and one version of its access, so a change takes effect with the
// version that carries it, and another workspace's forbids are never asked. A forbid that fails applies. The workspace that
// was longest not asked for gives up its slot: Cedar cannot forget a set, only be given another in its place.

import type { CedarEngine } from './cedar-engine.ts'
import type { PolicyRequest, ReportPolicyEvent } from './decider.ts'
import { personalKey, remember } from './keys.ts'
import { cedarCall } from './model.ts'

export interface ForbidSets {
  /** Ids of the forbids that apply; undefined where that is not remembered. */
  find(request: PolicyRequest): readonly string[] | undefined
  decide(engine: CedarEngine, request: PolicyRequest): readonly string[]
}

interface Prepared {
  version: number
  slot: string
  /** Cannot be evaluated, so they always apply. */
  broken: string[]
  decided: Map<string, readonly string[]>
}

export interface ForbidSetLimits {
  workspaces: number
  /** Decisions of one workspace. */
  decisions: number
}

/** Cedar's slots belong to the isolate, so two deciders in one must not share names. */
let made = 0

export function forbidSets(limits: ForbidSetLimits, report: ReportPolicyEvent): ForbidSets {
  const name = `forbids-${made++}`
  const prepared = new Map<string, Prepared>()
  let slots = 0

  function freeSlot(workspaceId: string): string {
    const kept = prepared.get(workspaceId)
    if (kept) return kept.slot
    if (slots < limits.workspaces) return `${name}-${slots++}`
    const [oldest, { slot }] = prepared.entries().next().value as [string, Prepared]
    prepared.delete(oldest)
    return slot
  }

  function prepare(engine: CedarEngine, { access, operation }: PolicyRequest): Prepared {
    const { workspaceId, version, forbids } = access
    const known = prepared.get(workspaceId)
    if (known?.version === version) return known
    const slot = freeSlot(workspaceId)
    const broken = engine.prepare(slot, forbids)
    if (broken.length > 0) report({ type: 'policy/forbid_failed', workspaceId, operation, policies: broken })
    const fresh = { version, slot, broken, decided: new Map() }
    prepared.set(workspaceId, fresh)
    return fresh
  }

  return {
    find(request) {
      const { workspaceId, version } = request.access
      const known = prepared.get(workspaceId)
      if (known?.version !== version) return undefined
      prepared.delete(workspaceId)
      prepared.set(workspaceId, known)
      return known.decided.get(personalKey(request))
    },

    decide(engine, request) {
      const { workspaceId, forbids } = request.access
      const { slot, broken, decided } = prepare(engine, request)
      const answer = engine.forbids(slot, cedarCall(request))
      const failed = answer === null ? forbids.map(({ policyId }) => policyId) : answer.failed
      if (failed.length > 0) report({ type: 'policy/forbid_failed', workspaceId, operation: request.operation, policies: failed })
      const applying = [...new Set([...(answer?.applying ?? []), ...failed, ...broken])].sort()
      remember(decided, personalKey(request), applying, limits.decisions)
      return applying
    },
  }
}
