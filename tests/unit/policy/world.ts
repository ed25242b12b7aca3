// Cedar as the unit tests have it (the module read from disk), and the calls that they ask about.

import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Caller, Scope } from '../../../domain/identity.ts'
import { openCedar } from '../../../workers/edge/policy/cedar.ts'
import { type CedarDeciderSettings, cedarDecider } from '../../../workers/edge/policy/cedar-decider.ts'
import { type PolicyDecision, type PolicyEvent, type PolicyRequest, PolicyUnavailable } from '../../../workers/edge/policy/decider.ts'

const wasm = join(import.meta.dirname, '../../../node_modules/@cedar-policy/cedar-wasm/web/cedar_wasm_bg.wasm')
let compiled: WebAssembly.Module | undefined

export const loadCedar = async (): Promise<WebAssembly.Module> => {
  // The types are those of Workers, where a module cannot be made from bytes.
  const Module = WebAssembly.Module as unknown as new (bytes: Uint8Array) => WebAssembly.Module
  compiled ??= new Module(readFileSync(wasm))
  return compiled
}

export const cedar = await openCedar(loadCedar)

export function newDecider(settings: Partial<CedarDeciderSettings> = {}) {
  const events: PolicyEvent[] = []
  const decider = cedarDecider({ loadCedar, report: (event) => events.push(event), ...settings })
  return { decider, events }
}

export const allScopes: Scope[] = ['app/read', 'app/write', 'dashboard/read', 'dashboard/write']

export const caller = (over: Partial<Caller> = {}): Caller => ({
  subject: 'subject-1',
  workspaceId: 'workspace1',
  accountId: 'account001',
  userId: 'user-1',
  context: 'dashboard',
  platform: 'web',
  role: 'editor',
  scopes: [],
  ...over,
})

export type Forbids = PolicyRequest['access']['forbids']

/** A write of configuration by an editor, unless said otherwise; forbids by their texts. */
export function request(over: Partial<Omit<PolicyRequest, 'caller' | 'access'>> & { caller?: Partial<Caller>; forbids?: string[] } = {}) {
  const { caller: who, forbids = [], ...rest } = over
  const listed: Forbids = forbids.map((text, i) => ({ policyId: `forbid-${i}`, text }))
  const asked: PolicyRequest = {
    caller: caller(who),
    api: 'dashboard',
    action: 'write',
    operation: 'activities/create',
    kind: 'activities',
    access: { workspaceId: 'workspace1', version: 1, forbids: listed },
    ...rest,
  }
  return asked
}

export const at = (asked: PolicyRequest, access: Partial<PolicyRequest['access']>): PolicyRequest => ({
  ...asked,
  access: { ...asked.access, ...access },
})

/** The decision, or how it failed. */
export async function outcome(decide: () => PolicyDecision | Promise<PolicyDecision>): Promise<PolicyDecision['reason'] | 'unavailable'> {
  try {
    return (await decide()).reason
  } catch (error) {
    if (error instanceof PolicyUnavailable) return 'unavailable'
    throw error
  }
}
