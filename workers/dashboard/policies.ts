// /dashboard/v1/policies: the workspace's own Cedar policies. They can only forbid (docs/policies.md), so the worst that one
// can do is to close the workspace to its own people, and its owner can always take one back.

import type { Hono } from 'hono'
import { z } from 'zod'
import type { AccessPolicy } from '../../domain/access/types.ts'
import { failure } from '../../domain/failures.ts'
import { text } from '../../domain/resources/text.ts'
import { fail, ok } from '../../domain/result.ts'
import { askerOf } from '../../domain/workspace/asker.ts'
import type { Edge } from '../edge/edge.ts'
import { changeAccess } from './commit.ts'
import { timesOf } from './shown.ts'

const policyId = z.string().regex(/^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$/, 'Letters, digits, dashes and underscores.')
const params = z.object({ policyId })
const members = { description: text(500).default(''), text: text(4096) }
const policyCreate = z.object({ policyId, ...members })
const policyReplace = z.object(members)

export function policyRoutes(app: Hono, edge: Edge): void {
  const { services, policies } = edge
  const at = { api: 'dashboard', path: '/policies/:policyId', params } as const

  edge.route(app, { api: 'dashboard', action: 'read', method: 'GET', path: '/policies', operationId: 'policies/list' }, async (call) => {
    const { workspaceId } = call.caller
    const all = await services.workspace(workspaceId).accessEntries(workspaceId, 'policy')
    return all.ok ? ok({ status: 200, body: { items: all.value.map(policyView), nextToken: null } }) : all
  })

  edge.route(app, { ...at, action: 'read', method: 'GET', operationId: 'policies/get' }, async (call) => {
    const { workspaceId } = call.caller
    const found = await services.workspace(workspaceId).accessEntry(workspaceId, 'policy', call.params.policyId)
    if (found.ok) return ok({ status: 200, body: policyView(found.value) })
    return found.error.code === 'resource/not_found' ? fail(failure('resource/not_found', 'There is no such policy.')) : found
  })

  edge.route(
    app,
    {
      api: 'dashboard',
      path: '/policies',
      action: 'write',
      method: 'POST',
      operationId: 'policies/create',
      body: policyCreate,
      // Taken back and made again is two requests: a policy that is believed to be there must be. The id tells a repeat.
      noDerivedKey: true,
    },
    async (call) => {
      const checked = await policies.checkForbid(call.body.text)
      return checked.ok ? changeAccess(edge, call, { kind: 'policy.create', policy: call.body, by: askerOf(call.caller) }, shown) : checked
    },
  )

  edge.route(app, { ...at, action: 'write', method: 'PUT', operationId: 'policies/update', body: policyReplace }, async (call) => {
    const checked = await policies.checkForbid(call.body.text)
    if (!checked.ok) return checked
    const policy = { policyId: call.params.policyId, ...call.body }
    return changeAccess(edge, call, { kind: 'policy.replace', policy, by: askerOf(call.caller) }, shown)
  })

  edge.route(app, { ...at, action: 'write', method: 'DELETE', operationId: 'policies/delete' }, (call) =>
    changeAccess(edge, call, { kind: 'policy.delete', policyId: call.params.policyId, by: askerOf(call.caller) }),
  )
}

const shown = (body: unknown) => policyView(body as AccessPolicy)

const policyView = ({ policyId, description, text, ...times }: AccessPolicy) => ({ policyId, description, text, ...timesOf(times) })
