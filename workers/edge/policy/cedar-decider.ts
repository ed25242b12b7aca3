// Decides by Cedar in this isolate: first by the platform's own policies, then by the forbids of the workspace.
//
// Guarantees: what was decided before is answered without a promise; Cedar is loaded by the first question that is new.
// Decisions are values of the isolate: no promise of one request is awaited by another. An error in a policy of the
// platform's refuses the call, and is told to `report`.

import type { Result } from '../../../domain/result.ts'
import { type Cedar, type LoadCedar, openCedar } from './cedar.ts'
import { type CedarEngine, cedarEngine } from './cedar-engine.ts'
import { checkForbid } from './check.ts'
import {
  andThen,
  decision,
  type PolicyDecider,
  type PolicyDecision,
  type PolicyRequest,
  PolicyUnavailable,
  type ReportPolicyEvent,
} from './decider.ts'
import { forbidSets } from './forbid-sets.ts'
import { remember, sharedKey } from './keys.ts'
import { anonymous, cedarCall } from './model.ts'

export interface CedarDecider extends PolicyDecider {
  /** By the platform's own policies alone. */
  own(request: PolicyRequest): PolicyDecision | Promise<PolicyDecision>
  /** By the workspace's forbids alone; null where none applies. */
  forbidden(request: PolicyRequest): PolicyDecision | null | Promise<PolicyDecision | null>
  /** Whether a workspace may store this text as a policy; `validation/invalid_input` with the place of the mistake. */
  checkForbid(text: string): Promise<Result<void>>
}

export interface CedarDeciderSettings {
  loadCedar: LoadCedar
  report: ReportPolicyEvent
  /** Own decisions that are remembered. There are some thousand: roles × scopes × operations. */
  ownDecisions?: number
  /** Workspaces with forbids whose policies are kept prepared. */
  workspaces?: number
  /** Decisions of forbids that are remembered for each of them. */
  decisionsPerWorkspace?: number
}

export function cedarDecider(settings: CedarDeciderSettings): CedarDecider {
  const { loadCedar, report, ownDecisions = 20_000, workspaces = 64, decisionsPerWorkspace = 2_000 } = settings
  const decided = new Map<string, PolicyDecision>()
  const forbids = forbidSets({ workspaces, decisions: decisionsPerWorkspace }, report)
  let opened: { cedar: Cedar; engine: CedarEngine } | undefined

  /** Runs with Cedar, at once where it is started already. Whatever it throws is the end of Cedar here, and is told as such. */
  function withCedar<T>(run: (opened: { cedar: Cedar; engine: CedarEngine }) => T): T | Promise<T> {
    if (opened === undefined) return openCedar(loadCedar).then((cedar) => start(cedar, run), lost)
    try {
      return run(opened)
    } catch (thrown) {
      return lost(thrown)
    }
  }

  function start<T>(cedar: Cedar, run: (opened: { cedar: Cedar; engine: CedarEngine }) => T): T {
    try {
      opened ??= { cedar, engine: cedarEngine(cedar) }
      return run(opened)
    } catch (thrown) {
      return lost(thrown)
    }
  }

  function lost(thrown: unknown): never {
    if (thrown instanceof PolicyUnavailable) throw thrown
    report({
      type: 'policy/engine_failed',
      detail: thrown instanceof Error ? `${thrown.name}: ${thrown.message}`.slice(0, 300) : 'unnamed',
    })
    throw new PolicyUnavailable('Cedar cannot decide', { cause: thrown })
  }

  function own(request: PolicyRequest): PolicyDecision | Promise<PolicyDecision> {
    const key = sharedKey(request)
    const known = decided.get(key)
    if (known !== undefined) return known
    return withCedar(({ engine }) => {
      const { reason, policies, failed } = engine.own(cedarCall(anonymous(request)))
      if (failed.length > 0) {
        report({ type: 'policy/own_policy_failed', operation: request.operation, policies: failed })
        throw new PolicyUnavailable('a policy of the platform could not be evaluated')
      }
      const fresh = decision(reason, policies)
      remember(decided, key, fresh, ownDecisions)
      return fresh
    })
  }

  function forbidden(request: PolicyRequest): PolicyDecision | null | Promise<PolicyDecision | null> {
    if (request.access.forbids.length === 0 || isBeyondForbids(request)) return null
    const applying = forbids.find(request)
    if (applying !== undefined) return refusedBy(applying)
    return withCedar(({ engine }) => refusedBy(forbids.decide(engine, request)))
  }

  return {
    own,
    forbidden,
    decide: (request) => andThen(own(request), (owns) => (owns.allowed ? andThen(forbidden(request), (refused) => refused ?? owns) : owns)),
    checkForbid: async (text) => withCedar(({ cedar }) => checkForbid(cedar, text)),
  }
}

/** An owner can always list, change and remove the workspace's policies: no forbid can lock a workspace up for good. */
const isBeyondForbids = ({ caller, api, kind }: PolicyRequest): boolean =>
  caller.role === 'owner' && api === 'dashboard' && kind === 'policies'

const refusedBy = (applying: readonly string[]): PolicyDecision | null => (applying.length > 0 ? decision('forbidden', applying) : null)
