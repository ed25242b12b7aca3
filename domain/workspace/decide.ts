// Every decision of a workspace's log: uniqueness, references and numbered rule sets. Pure, and made inside the
// Workspace's storage transaction, so what was checked is still so when the commit is written. Effects carry whole new
// values: applying a commit decides nothing.

import { failure } from '../failures.ts'
import { fail, ok } from '../result.ts'
import { createResource, publishResource, replaceResource } from './decide-resource.ts'
import { createSeries, updateSeries } from './decide-series.ts'
import { createUser, deleteUser, updateUser } from './decide-user.ts'
import type { DecisionContext, WorkspaceDecision } from './decision.ts'
import type { WorkspaceCommand, WorkspaceDocument, WorkspaceView } from './types.ts'

/**
 * Answers: workspace.* the WorkspaceDocument; resource.* the StoredResource; series.* the Series; user.create the
 * UserProfile, user.update and user.delete `{ userId }`. Errors are the failures of domain/failures.ts.
 */
export function decideWorkspace(view: WorkspaceView, command: WorkspaceCommand, context: DecisionContext): WorkspaceDecision {
  const workspace = view.workspace()
  if (command.kind === 'workspace.create') {
    if (workspace !== null) return fail(failure('resource/already_exists', 'This workspace exists already.'))
    return ok({
      effects: { workspace: command.workspace, ruleSet: view.ruleSetNumber() + 1 },
      answer: { status: 201, body: command.workspace },
    })
  }
  if (workspace === null) return fail(failure('resource/not_found', 'There is no such workspace.'))
  switch (command.kind) {
    case 'workspace.settings':
      return changeSettings(view, workspace, command.settings, context)
    case 'resource.create':
      return createResource(view, command, context)
    case 'resource.replace':
      return replaceResource(view, command, context)
    case 'resource.publish':
      return publishResource(view, command, context)
    case 'series.create':
      return createSeries(view, command)
    case 'series.update':
      return updateSeries(view, command, context)
    case 'user.create':
      return createUser(view, command.profile)
    case 'user.update':
      return updateUser(view, command)
    case 'user.delete':
      return deleteUser(view, command.userId)
  }
}

function changeSettings(
  view: WorkspaceView,
  workspace: WorkspaceDocument,
  changed: Partial<WorkspaceDocument['settings']>,
  { nowMs }: DecisionContext,
): WorkspaceDecision {
  const after = { ...workspace, settings: { ...workspace.settings, ...changed }, updatedAtMs: nowMs }
  return ok({ effects: { workspace: after, ruleSet: view.ruleSetNumber() + 1 }, answer: { status: 200, body: after } })
}
