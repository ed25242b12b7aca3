// The routes of every declared resource: list, create, get, replace, publish, translations. What is special to one
// resource is in its declaration; nothing here knows a resource by name.

import type { Hono } from 'hono'
import { z } from 'zod'
import { invalidInput } from '../../domain/failures.ts'
import { draftOf, type ResourceDeclaration } from '../../domain/resources/declaration.ts'
import { fail, ok, type Result } from '../../domain/result.ts'
import type { StoredResource, WorkspaceCommand } from '../../domain/workspace/types.ts'
import type { Edge } from '../edge/edge.ts'
import { indexPage } from '../edge/index-page.ts'
import type { Call, Reply } from '../edge/route.ts'
import { fieldsQuery, pageQuery } from '../edge/validate.ts'
import { commandWorkspace, indexNow } from './commit.ts'
import { resourceView, type Shown, translationViews } from './resource-view.ts'
import { homeOf } from './shown.ts'
import { wholeListPage } from './whole-list-page.ts'

export function resourceRoutes(app: Hono, edge: Edge, declaration: ResourceDeclaration): void {
  const { type, path, operations, idMember, fields } = declaration
  const { services } = edge
  const params = z.object({ [idMember]: z.string() })
  const idOf = (call: Call): string => (call.params as Record<string, string>)[idMember] ?? ''
  const read = (call: Call) => services.workspace(call.caller.workspaceId).resource(call.caller.workspaceId, type, idOf(call))
  const limits = declaration.bodyMembers === undefined ? {} : { members: declaration.bodyMembers }
  const view = (call: Call, resource: StoredResource, shown: Shown) => resourceView(declaration, resource, homeOf(edge, call), shown)

  edge.route(
    app,
    { api: 'dashboard', action: 'read', method: 'GET', path: `/${path}`, operationId: `${operations}/list`, query: queryOf(fields.list) },
    async (call) => {
      const page = await indexPage(
        call,
        (page) => services.index.listResources(call.caller.workspaceId, type, page),
        ({ updatedAtMs, id }) => ({ updatedAtMs, id }),
      )
      if (!page.ok) return page
      const shown: Shown = { by: 'list', fields: fieldsOf(call.query, fields.list) }
      return ok({ status: 200, body: { ...page.value, items: page.value.items.map((resource) => view(call, resource, shown)) } })
    },
  )

  edge.route(
    app,
    {
      api: 'dashboard',
      action: 'write',
      method: 'POST',
      path: `/${path}`,
      operationId: `${operations}/create`,
      body: declaration.create,
      limits,
    },
    (call) => {
      const chosen = declaration.clientMayChooseId ? (call.body[idMember] as string | undefined) : undefined
      const { id, body, translations } = draftOf(declaration, chosen ?? services.newId(), call.body)
      return written(call, { kind: 'resource.create', type, id, body, translations }, 'create')
    },
  )

  const one = { api: 'dashboard', path: `/${path}/:${idMember}`, params } as const

  edge.route(
    app,
    { ...one, action: 'read', method: 'GET', operationId: `${operations}/get`, query: z.object(fieldsMember(fields.get)) },
    async (call) => {
      const found = await read(call)
      if (!found.ok) return found
      return ok({ status: 200, body: view(call, found.value, { by: 'get', fields: fieldsOf(call.query, fields.get) }) })
    },
  )

  edge.route(
    app,
    { ...one, action: 'write', method: 'PUT', operationId: `${operations}/update`, body: declaration.replace, limits },
    async (call) => {
      const named = call.body[idMember]
      if (named !== undefined && named !== idOf(call)) return fail(invalidInput(`/${idMember}`, 'Not the id in the path.'))
      const { id, body, translations } = draftOf(declaration, idOf(call), call.body)
      return written(call, { kind: 'resource.replace', type, id, body, translations }, 'replace')
    },
  )

  if (declaration.lifecycle === 'publish') {
    const publish = {
      ...one,
      path: `${one.path}/publish`,
      action: 'write',
      method: 'POST',
      operationId: `${operations}/publish`,
      // It says the same whatever was replaced since: publish, replace, publish is three requests.
      noDerivedKey: true,
    } as const
    edge.route(app, publish, async (call) => {
      const answer = await written(call, { kind: 'resource.publish', type, id: idOf(call) }, 'publish')
      if (answer.ok) await services.settleRules()
      return answer
    })
  }

  for (const translationPath of declaration.translationPaths) {
    const translations = { ...one, path: `/${translationPath}/:${idMember}/translations`, action: 'read', method: 'GET' } as const
    edge.route(app, { ...translations, operationId: `${operations}/listTranslations`, query: pageQuery }, async (call) => {
      const found = await read(call)
      return found.ok ? wholeListPage(call, translationViews(declaration, found.value, homeOf(edge, call))) : found
    })
  }

  async function written(call: Call, command: WorkspaceCommand, by: Shown['by']): Promise<Result<Reply>> {
    const reply = await commandWorkspace(edge, call, command)
    if (!reply.ok) return call.answer(reply)
    const resource = reply.answer.body as StoredResource
    const { workspaceId } = call.caller
    await indexNow(edge, call, reply, (index) => index.putResources([{ workspaceId, at: reply.at, resource }]))
    return call.answer(reply, view(call, resource, { by }))
  }
}

const fieldsMember = (names: string[]) => (names.length > 0 ? { fields: fieldsQuery(names as [string, ...string[]]) } : {})
const queryOf = (names: string[]) => pageQuery.extend(fieldsMember(names))

/** Where the contract has no `fields` to ask with, and translations in the answer, they are always there. */
const fieldsOf = (query: unknown, names: string[]): string[] =>
  names.length === 0 ? ['translations'] : (query as { fields: string[] }).fields
