// The port that says whether a call may be made, and what it is asked with.
//
// Guarantees: whoever implements it refuses when in doubt, and answers without a promise what it remembers, so that the hot
// path awaits nothing. Where it cannot decide at all it throws (or rejects with) PolicyUnavailable: the edge answers 503.

import type { WorkspaceAccess } from '../../../domain/access/types.ts'
import { type Failure, failure } from '../../../domain/failures.ts'
import type { Caller } from '../../../domain/identity.ts'

export interface PolicyRequest {
  caller: Caller
  api: 'app' | 'dashboard'
  action: 'read' | 'write'
  /** The operationId. */
  operation: string
  /** The collection, as in the route: `users`, `activities`, `clients` … */
  kind: string
  machinesOnly?: boolean
  access: Pick<WorkspaceAccess, 'workspaceId' | 'version' | 'forbids'>
}

export interface PolicyDecision {
  allowed: boolean
  /** Ids of the policies that determined it; none where nothing permits. Frozen: decisions are shared. */
  policies: string[]
  reason: 'allowed' | 'scope' | 'machines_only' | 'role' | 'forbidden'
}

export interface PolicyDecider {
  decide(request: PolicyRequest): PolicyDecision | Promise<PolicyDecision>
}

/** What an operator should hear of. Ids and kinds only: never a policy's text, never a token's. */
export type PolicyEvent =
  /** One of the platform's own policies could not be evaluated: the call was refused. */
  | { type: 'policy/own_policy_failed'; operation: string; policies: string[] }
  /** A forbid of a workspace could not be evaluated: it counted as applying. */
  | { type: 'policy/forbid_failed'; workspaceId: string; operation: string; policies: string[] }
  /** Cedar did not start, or is lost to this isolate: everything not remembered is refused. */
  | { type: 'policy/engine_failed'; detail: string }
  | { type: 'policy/verified_permissions_failed'; code: string; detail: string }

export type ReportPolicyEvent = (event: PolicyEvent) => void

/** Broken infrastructure, told as a 503. Nothing was permitted. */
export class PolicyUnavailable extends Error {
  override readonly name = 'PolicyUnavailable'
  readonly failure: Failure = failure('record/unavailable', 'This cannot be served right now. Try again.', { retryAfterSeconds: 1 })
}

export const decision = (reason: PolicyDecision['reason'], policies: readonly string[]): PolicyDecision =>
  Object.freeze({ allowed: reason === 'allowed', policies: Object.freeze([...policies]) as string[], reason })

/** `next` at once where the value is there at once. */
export function andThen<A, B>(value: A | Promise<A>, next: (value: A) => B | Promise<B>): B | Promise<B> {
  return value instanceof Promise ? value.then(next) : next(value)
}
