// Configuration resources: written as drafts, acting as of their last publish. `immediate` ones act as they are written.

import { failure, type InputError } from '../failures.ts'
import { checkTranslations, type ResourceDeclaration, type ResourceDraft } from '../resources/declaration.ts'
import { declarationOf } from '../resources/registry.ts'
import { fail, ok } from '../result.ts'
import type { Command, DecisionContext, WorkspaceDecision } from './decision.ts'
import { sameJson } from './same-json.ts'
import type { ResourceType, StoredResource, WorkspaceView } from './types.ts'

export function createResource(view: WorkspaceView, command: Command<'resource.create'>, { nowMs }: DecisionContext): WorkspaceDecision {
  const { type, id, body, translations } = command
  const declaration = declarationOf(type)
  if (view.resource(type, id) !== null) {
    const detail = `There is a ${type} with this id already.`
    return fail(failure('resource/already_exists', detail, { errors: [{ pointer: `/${declaration.idMember}`, detail }] }))
  }
  const errors = check(view, declaration, { id, body, translations }, null)
  if (errors.length > 0) return refused(errors)
  const acts = declaration.lifecycle === 'immediate'
  const resource: StoredResource = {
    type,
    id,
    stage: acts ? 'PUBLISHED' : 'DRAFT',
    body,
    translations,
    createdAtMs: nowMs,
    updatedAtMs: nowMs,
    ...(acts && { published: body, firstPublishedAtMs: nowMs }),
  }
  return ok({ effects: { resources: [resource] }, answer: { status: 201, body: resource } })
}

export function replaceResource(view: WorkspaceView, command: Command<'resource.replace'>, { nowMs }: DecisionContext): WorkspaceDecision {
  const { type, id, translations } = command
  const declaration = declarationOf(type)
  const existing = view.resource(type, id)
  if (existing === null) return missing(type)
  const contradicted = declaration.fixed.filter(
    (member) => command.body[member] !== undefined && !sameJson(command.body[member], existing.body[member]),
  )
  if (contradicted.length > 0)
    return refused(contradicted.map((member) => ({ pointer: `/${member}`, detail: 'Set on creation, and cannot be changed.' })))
  const kept = declaration.fixed.filter((member) => existing.body[member] !== undefined)
  const body = { ...command.body, ...Object.fromEntries(kept.map((member) => [member, existing.body[member]])) }
  const errors = check(view, declaration, { id, body, translations }, existing)
  if (errors.length > 0) return refused(errors)
  const resource: StoredResource = {
    ...existing,
    body,
    translations,
    updatedAtMs: nowMs,
    ...(declaration.lifecycle === 'immediate' && { published: body }),
  }
  return ok({ effects: { resources: [resource] }, answer: { status: 200, body: resource } })
}

/** Publishing what is published already changes nothing and makes no new rule set. */
export function publishResource(view: WorkspaceView, command: Command<'resource.publish'>, { nowMs }: DecisionContext): WorkspaceDecision {
  const { type, id } = command
  const declaration = declarationOf(type)
  const existing = view.resource(type, id)
  if (existing === null) return missing(type)
  if (declaration.lifecycle === 'immediate')
    return fail(failure('business/invalid_operation', `A ${type} is not published: it acts as it is written.`))
  if (existing.stage === 'PUBLISHED' && sameJson(existing.published, existing.body))
    return ok({ effects: {}, answer: { status: 200, body: existing } })
  const resource: StoredResource = {
    ...existing,
    stage: 'PUBLISHED',
    published: existing.body,
    firstPublishedAtMs: existing.firstPublishedAtMs ?? nowMs,
    updatedAtMs: nowMs,
  }
  return ok({
    effects: { resources: [resource], ruleSet: view.ruleSetNumber() + 1 },
    answer: { status: 200, body: resource },
  })
}

function check(view: WorkspaceView, declaration: ResourceDeclaration, draft: ResourceDraft, existing: StoredResource | null): InputError[] {
  const references = { exists: (type: ResourceType, id: string) => view.resource(type, id) !== null }
  return [...checkTranslations(draft), ...declaration.check(draft, existing, references)].slice(0, 20)
}

const refused = (errors: InputError[]) =>
  fail(failure('validation/invalid_input', errors.length === 1 ? (errors[0]?.detail ?? '') : 'The body has mistakes.', { errors }))

const missing = (type: ResourceType) => fail(failure('resource/not_found', `There is no such ${type}.`))
