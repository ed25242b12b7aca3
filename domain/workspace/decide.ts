// Every decision of a workspace's log: uniqueness, references and numbered rule sets. Pure, and made inside the
// Workspace's storage transaction, so what was checked is still so when the commit is written. Effects carry whole new
// values: applying a commit decides nothing. Who asks is judged here too (asker.ts): the edge knows only what a token says.

import { failure } from '../failures.ts'
import type { SettingsPatch } from '../resources/workspace-settings.ts'
import { fail, ok } from '../result.ts'
import { standingFor } from './asker.ts'
import {
  addClientSecret,
  createClient,
  createPolicy,
  createThrottle,
  deleteClient,
  deletePolicy,
  deleteThrottle,
  removeClientSecret,
  replacePolicy,
  replaceThrottle,
  updateClient,
} from './decide-access.ts'
import {
  createMedia,
  deleteMedia,
  purgeMedia,
  putMediaTags,
  releaseBlobs,
  removeMediaTags,
  restoreMedia,
  updateMedia,
} from './decide-media.ts'
import { createResource, publishResource, replaceResource } from './decide-resource.ts'
import { createSeries, updateSeries } from './decide-series.ts'
import { changeRole, createUser, deleteUser, updateUser } from './decide-user.ts'
import type { DecisionContext, WorkspaceDecision } from './decision.ts'
import { mergePatch } from './merge-patch.ts'
import { sameJson } from './same-json.ts'
import type { WorkspaceCommand, WorkspaceDocument, WorkspaceView } from './types.ts'

/**
 * Answers: workspace.* the WorkspaceDocument; resource.* the StoredResource; series.* the Series; user.create the
 * UserProfile, user.update and user.delete `{ userId }`, user.role `{ userId, role }`, user.import its rows; client.*, throttle.* and policy.* the entry, secret hashes apart; media.* the StoredMedia,
 * media.delete `{ mediaId, deleted }`, media.purge `{ purged }`, blob.release `{ released }`. Errors are the failures of domain/failures.ts.
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
  const asker = standingFor(view, command)
  if (!asker.ok) return asker
  const standing = asker.value
  switch (command.kind) {
    case 'workspace.settings':
      return changeSettings(view, workspace, command.settings, context)
    case 'workspace.plan':
      return changePlan(workspace, command.plan, context)
    case 'client.create':
      return createClient(view, command, standing)
    case 'client.update':
      return updateClient(view, command, standing, context)
    case 'client.secret.add':
      return addClientSecret(view, command, standing, context)
    case 'client.secret.remove':
      return removeClientSecret(view, command, standing, context)
    case 'client.delete':
      return deleteClient(view, command, standing)
    case 'throttle.create':
      return createThrottle(view, command, standing, context)
    case 'throttle.replace':
      return replaceThrottle(view, command, standing, context)
    case 'throttle.delete':
      return deleteThrottle(view, command)
    case 'policy.create':
      return createPolicy(view, command, context)
    case 'policy.replace':
      return replacePolicy(view, command, context)
    case 'policy.delete':
      return deletePolicy(view, command)
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
      return createUser(view, command, standing)
    case 'user.update':
      return updateUser(view, command, standing)
    case 'user.delete':
      return deleteUser(view, command, standing)
    case 'user.role':
      return changeRole(view, command, standing)
    case 'user.import':
      return ok({ effects: {}, answer: { status: 200, body: command.rows } })
    case 'media.create':
      return createMedia(view, workspace.plan, command, context)
    case 'media.update':
      return updateMedia(view, command, context)
    case 'media.delete':
      return deleteMedia(view, command, context)
    case 'media.restore':
      return restoreMedia(view, command, context)
    case 'media.tags.put':
      return putMediaTags(view, command, context)
    case 'media.tags.remove':
      return removeMediaTags(view, command, context)
    case 'media.purge':
      return purgeMedia(view, command, context)
    case 'blob.release':
      return releaseBlobs(view, command)
  }
}

function changeSettings(
  view: WorkspaceView,
  workspace: WorkspaceDocument,
  changed: SettingsPatch,
  { nowMs }: DecisionContext,
): WorkspaceDecision {
  const settings = mergePatch(workspace.settings, changed)
  if (sameJson(settings, workspace.settings)) return ok({ effects: {}, answer: { status: 200, body: workspace } })
  const after = { ...workspace, settings, updatedAtMs: nowMs }
  return ok({ effects: { workspace: after, ruleSet: view.ruleSetNumber() + 1 }, answer: { status: 200, body: after } })
}

/** Limits follow from the plan, rules do not: no new rule set. */
function changePlan(workspace: WorkspaceDocument, plan: WorkspaceDocument['plan'], { nowMs }: DecisionContext): WorkspaceDecision {
  const after = { ...workspace, plan, updatedAtMs: nowMs }
  return ok({ effects: { workspace: after }, answer: { status: 200, body: after } })
}
