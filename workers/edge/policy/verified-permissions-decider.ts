// Decides by a policy store of Amazon Verified Permissions; the forbids of the workspace stay with Cedar in this isolate.
//
// Guarantees: no answer in time, or one that cannot be relied on, permits nothing: PolicyUnavailable, told to `report`. What
// the store said is remembered for a short while, so a change there holds after that; failures are not remembered. The
// store is shown who calls, so its policies may name people, machines and workspaces.

import type { VerifiedPermissions } from '../../../aws-core/verified-permissions/client.ts'
import type { CedarDecider } from './cedar-decider.ts'
import {
  andThen,
  decision,
  type PolicyDecider,
  type PolicyDecision,
  type PolicyRequest,
  PolicyUnavailable,
  type ReportPolicyEvent,
} from './decider.ts'
import { personalKey, remember } from './keys.ts'
import { cedarCall } from './model.ts'

export interface VerifiedPermissionsDeciderSettings {
  /** For one request: connections belong to the request that opened them. */
  client: () => VerifiedPermissions
  /** For the forbids, and for the reason of a refusal. */
  local: Pick<CedarDecider, 'own' | 'forbidden'>
  /** Milliseconds; only differences count. */
  now: () => number
  report: ReportPolicyEvent
  /** How long a decision of the store holds here. Default 2000. */
  rememberMs?: number
  decisions?: number
}

export function verifiedPermissionsDecider(settings: VerifiedPermissionsDeciderSettings): PolicyDecider {
  const { client, local, now, report, rememberMs = 2_000, decisions = 10_000 } = settings
  const decided = new Map<string, { decision: PolicyDecision; untilMs: number }>()

  async function ask(key: string, request: PolicyRequest): Promise<PolicyDecision> {
    const asked = await client().isAuthorized(cedarCall(request))
    if (!asked.ok) {
      report({ type: 'policy/verified_permissions_failed', ...asked.error })
      throw new PolicyUnavailable('Verified Permissions did not decide')
    }
    const { allowed, policies } = asked.value
    const fresh = decision(allowed ? 'allowed' : await refusalOf(request), policies)
    remember(decided, key, { decision: fresh, untilMs: now() + rememberMs }, decisions)
    return fresh
  }

  /** The store names policies by ids of its own, which say nothing; the platform's policies know why they would refuse. */
  async function refusalOf(request: PolicyRequest): Promise<PolicyDecision['reason']> {
    const { allowed, reason } = await local.own(request)
    return allowed ? 'role' : reason
  }

  function byStore(request: PolicyRequest): PolicyDecision | Promise<PolicyDecision> {
    const key = `${request.caller.workspaceId}\n${request.access.workspaceId}\n${personalKey(request)}`
    const known = decided.get(key)
    return known !== undefined && known.untilMs > now() ? known.decision : ask(key, request)
  }

  return {
    decide: (request) =>
      andThen(byStore(request), (stores) => (stores.allowed ? andThen(local.forbidden(request), (refused) => refused ?? stores) : stores)),
  }
}
