// What a workspace's decision is given and gives.

import type { Answer } from '../log/types.ts'
import type { Result } from '../result.ts'
import type { WorkspaceCommand, WorkspaceEffects } from './types.ts'

export interface DecisionContext {
  nowMs: number
  newId: () => string
}

export type WorkspaceDecision = Result<{ effects: WorkspaceEffects; answer: Answer }>

/** The commands of one kind. */
export type Command<Kind extends WorkspaceCommand['kind']> = Extract<WorkspaceCommand, { kind: Kind }>
