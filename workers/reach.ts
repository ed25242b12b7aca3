// Nobody reaches above themselves. What a workspace decides about its users is judged there (domain/workspace/decide-user.ts);
// what a user's own object is told directly is judged here first, by who both are at that moment: their sessions, and what a
// machine that acts for somebody changes of them. A machine logs what anybody does, whatever its role: that is the user's.

import type { Scope } from '../domain/identity.ts'
import { ok, type Result } from '../domain/result.ts'
import { askerOf, type Needed } from '../domain/workspace/asker.ts'
import type { Call } from './edge/route.ts'
import type { Services } from './services.ts'

/** `auth/insufficient_permissions`; `record/unavailable`. */
export const reach = (services: Services, { caller }: Call, userId: string, needed: Needed): Promise<Result<void>> =>
  services.workspace(caller.workspaceId).reach(caller.workspaceId, userId, askerOf(caller), needed)

/** For calls of the app about the user they act as: people are themselves, and nothing is asked. */
export async function reachAsMachine(services: Services, call: Call, scope: Scope): Promise<Result<void>> {
  if (call.caller.platform !== 'm2m') return ok(undefined)
  return reach(services, call, call.user().userId, { least: null, scope })
}
