// /media: what was uploaded, by URL. Routes only.
//
// A name after the id is for people and for what they save: nothing is looked up by it. What cannot be a name, and ids that
// cannot be ids, are not found, as everything else that is not there.

import { Hono } from 'hono'
import { z } from 'zod'
import { mediaId } from '../../domain/media/address.ts'
import { fail } from '../../domain/result.ts'
import { tenantId } from '../edge/auth/claims.ts'
import type { Edge } from '../edge/edge.ts'
import { absent } from './access.ts'
import { deliver } from './deliver.ts'
import { variantQuery } from './variant.ts'

const ids = z.object({ workspaceId: tenantId, mediaId })
const file = z.string().regex(/^(?!\.{1,2}$)[^/\\\p{Cc}]{1,1024}$/u)

const params = z.object({ workspaceId: z.string(), mediaId: z.string(), file: z.string().optional() })
const query = variantQuery.extend({ expires: z.string('Given once.').optional(), signature: z.string('Given once.').optional() })

export function mediaApi(edge: Edge): Hono {
  const app = new Hono()
  const route = { api: 'media', method: 'GET', cors: 'workspace', params, query } as const
  for (const [path, operationId] of [
    ['/:workspaceId/:mediaId', 'media/deliver'],
    ['/:workspaceId/:mediaId/:file', 'media/deliver-named'],
  ] as const) {
    edge.open(app, { ...route, path, operationId }, async (call) => {
      const ref = ids.safeParse(call.params)
      const isNamed = call.params.file === undefined || file.safeParse(call.params.file).success
      return ref.success && isNamed ? deliver(edge, { ...call, params: ref.data }) : fail(absent)
    })
  }
  return app
}
