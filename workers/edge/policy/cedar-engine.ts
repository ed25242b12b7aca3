// Cedar with the platform's own policies in it, and slots for those of workspaces. Synchronous; costs up to a millisecond a question.
//
// Guarantees: the platform's policies and a workspace's are never in one set, so nothing in a workspace's can permit. A
// forbid that cannot be parsed or evaluated applies. Calls throw only if Cedar itself is lost (a trap in WebAssembly).

import type { Cedar } from './cedar.ts'
import type { PolicyDecision } from './decider.ts'
import type { CedarCall } from './model.ts'
import { bracketDepth, nestingLimits, treeDepth } from './nesting.ts'
import { policyTexts, schemaText } from './policy-texts.ts'

export interface Forbid {
  policyId: string
  text: string
}

export interface CedarEngine {
  /** `failed`: ids of own policies that could not be evaluated, or the call itself; then there is no decision. */
  own(call: CedarCall): { reason: PolicyDecision['reason']; policies: string[]; failed: string[] }
  /** Puts the forbids in a slot, in place of what was there; answers the ids of those that cannot be evaluated. */
  prepare(slot: string, forbids: readonly Forbid[]): string[]
  /** Ids of the slot's forbids that apply, and of those that could not be evaluated. */
  forbids(slot: string, call: CedarCall): { applying: string[]; failed: string[] } | null
}

const ours = { schema: 'laurel', policies: 'laurel' } as const

/** Throws where the platform's own schema or policies do not parse: a bug. */
export function cedarEngine(cedar: Cedar): CedarEngine {
  const own = ownPolicies(cedar)
  must(cedar.preparseSchema(ours.schema, schemaText))
  must(cedar.preparsePolicySet(ours.policies, { staticPolicies: Object.fromEntries(own.map(({ id, text }) => [id, text])) }))
  const refusals = new Map(own.map(({ id, refusal }) => [id, refusal]))

  const ask = (preparsedPolicySetId: string, call: CedarCall) =>
    cedar.statefulIsAuthorized({ ...call, preparsedPolicySetId, preparsedSchemaName: ours.schema, validateRequest: true })

  const fill = (slot: string, forbids: readonly Forbid[]): boolean => {
    const staticPolicies = Object.fromEntries(forbids.map(({ policyId, text }) => [policyId, text]))
    return cedar.preparsePolicySet(slot, { staticPolicies }).type === 'success'
  }

  return {
    own(call) {
      const answer = ask(ours.policies, call)
      if (answer.type === 'failure') return { reason: 'role', policies: [], failed: ['(request)'] }
      const { decision, diagnostics } = answer.response
      const policies = diagnostics.reason.toSorted()
      const failed = diagnostics.errors.map(({ policyId }) => policyId)
      if (decision === 'allow') return { reason: 'allowed', policies, failed }
      const told = policies.map((id) => refusals.get(id))
      const reason = told.includes('scope') ? 'scope' : told.includes('machines_only') ? 'machines_only' : 'role'
      return { reason, policies, failed }
    },

    prepare(slot, forbids) {
      const usable = forbids.filter(({ text }) => isUsable(cedar, text))
      if (fill(slot, usable)) return forbids.filter((forbid) => !usable.includes(forbid)).map(({ policyId }) => policyId)
      fill(slot, [])
      return forbids.map(({ policyId }) => policyId)
    },

    forbids(slot, call) {
      const answer = ask(slot, call)
      if (answer.type === 'failure') return null
      const { decision, diagnostics } = answer.response
      const failed = diagnostics.errors.map(({ policyId }) => policyId)
      // Had a permit come into the set, it would be the reason of an allow: then no forbid applied.
      return { applying: decision === 'deny' ? diagnostics.reason : [], failed }
    },
  }
}

/** Each with the id and the refusal that its annotations give it. */
export function ownPolicies(cedar: Cedar): { id: string; refusal: string | undefined; text: string }[] {
  const parts = cedar.policySetTextToParts(Object.values(policyTexts).join('\n'))
  if (parts.type === 'failure') throw new Error(`the platform's policies do not parse: ${parts.errors[0]?.message}`)
  return parts.policies.map((text) => {
    const parsed = cedar.policyToJson(text)
    const id = parsed.type === 'success' ? parsed.json.annotations?.id : undefined
    if (parsed.type === 'failure' || id === undefined) throw new Error('a policy of the platform has no @id')
    return { id, refusal: parsed.json.annotations?.refusal, text }
  })
}

/** It was checked when it was stored (check.ts); what was stored by an older platform is checked again, for its shape. */
function isUsable(cedar: Cedar, text: string): boolean {
  if (bracketDepth(text) > nestingLimits.brackets) return false
  const parsed = cedar.policyToJson(text)
  return parsed.type === 'success' && parsed.json.effect === 'forbid' && treeDepth(parsed.json) <= nestingLimits.levels
}

function must(answer: { type: string; errors?: { message: string }[] }): void {
  if (answer.type === 'failure')
    throw new Error(`Cedar takes neither the platform's schema nor its policies: ${answer.errors?.[0]?.message}`)
}
