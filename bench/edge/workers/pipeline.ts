// The whole edge as production has it, with one route that does nothing: what is left beyond the steps is the router, the
// exchange, the headers of the answer and the log line. Only what the edge reads of the workspace comes from here and not
// from the Workspace object; production asks that object once in two seconds.

import { ok } from '../../../domain/result.ts'
import { laurelApp } from '../../../workers/app-of.ts'
import { edgePartsOf } from '../../../workers/composition.ts'
import { rememberedWorkspaceEdges } from '../../../workers/workspace-edges.ts'
import { accessWith, ruleSet } from './tenant.ts'

export function serve(env: Env & { LIMITS: string }): (request: Request, context: ExecutionContext) => Response | Promise<Response> {
  const parts = edgePartsOf(env)
  const known = ok({ ruleSet, access: accessWith(JSON.parse(env.LIMITS)) })
  const { workspaceEdge } = rememberedWorkspaceEdges({
    pause: (ms) => scheduler.wait(ms),
    now: parts.services.now,
    rememberMs: Number(env.RULES_REMEMBERED_MS),
    load: async () => known,
  })
  // Not spread: its regions are made when they are asked for, and here nobody configures any.
  const services = Object.assign(Object.create(parts.services), {
    workspaceEdge,
    ruleSet: async () => ok(ruleSet),
  }) as typeof parts.services
  const { app, edge } = laurelApp({ ...parts, services })
  const answer = Promise.resolve(ok({ status: 200, body: { ok: true } }))
  const declaration = {
    api: 'app',
    action: 'read',
    method: 'GET',
    path: '/bench',
    operationId: 'bench/nothing',
    ownUserOnly: true,
  } as const
  edge.route(app.basePath('/app/v1') as unknown as Parameters<typeof edge.route>[0], declaration, () => answer)
  return (request, context) => app.fetch(request, env, context)
}
