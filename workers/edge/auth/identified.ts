// What a token that was proved comes to.

import type { WorkspaceAccess } from '../../../domain/access/types.ts'
import type { Caller } from '../../../domain/identity.ts'
import type { RuleSet } from '../../../domain/rules/types.ts'

export interface Identified {
  caller: Caller
  ruleSet: RuleSet
  access: WorkspaceAccess
  lang: string | undefined
  timezone: string | undefined
  /** Of the token. */
  expiresAtMs: number
}
