// What a decision is remembered by. Pure, and on the hot path: one short string each, nothing serialised.
//
// Guarantees: two calls have the same key only if the policies that the key is for are shown the same. Operations and kinds
// come from the routes and hold no line break; who calls comes from outside, so it stands last, its length first.

import type { PolicyRequest } from './decider.ts'
import { knownScopes } from './model.ts'

/** All that the platform's own policies see (model.ts, `anonymous`). */
export function sharedKey({ caller, api, action, operation, kind, machinesOnly, access }: PolicyRequest): string {
  let flags = 0
  for (const scope of caller.scopes) flags |= 1 << knownScopes.indexOf(scope)
  if (caller.platform === 'm2m') flags |= 16
  if (caller.context === 'dashboard') flags |= 32
  if (caller.userId !== undefined) flags |= 64
  if (machinesOnly) flags |= 128
  if (caller.workspaceId === access.workspaceId) flags |= 256
  return `${operation}\n${kind}\n${api}/${action}\n${caller.role}\n${flags}`
}

/** All that the forbids of one workspace in one version see: who it is, too. */
export function personalKey(request: PolicyRequest): string {
  const { subject, userId } = request.caller
  return `${sharedKey(request)}\n${userId?.length ?? 0}\n${userId ?? ''}${subject}`
}

/** Forgets the oldest where there is no more room. */
export function remember<Value>(map: Map<string, Value>, key: string, value: Value, most: number): void {
  map.delete(key)
  if (map.size >= most) map.delete(map.keys().next().value as string)
  map.set(key, value)
}
