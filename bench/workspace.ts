// A workspace of a local platform whose limits nobody meets: what limits cost is measured by itself.

import type { Limit } from '../domain/limits/types.ts'
import { type Issuing, localAccountId, workspaceIdOf, workspaceNaming } from '../scripts/local/tokens.ts'

/** What settings take at most. */
export const raised: Limit = { quota: 1_000_000, windowSeconds: 1 }

/** Makes it where there is none. Its id. */
export async function openWorkspace(baseUrl: string, issuing: Issuing, workspace: string): Promise<string> {
  const workspaceId = workspaceIdOf(workspace)
  const limits = { principal: raised, machine: raised, workspace: raised, suspect: null }
  const body = { accountId: localAccountId, ...workspaceNaming(workspace), settings: { limits } }
  await send('PUT', `${baseUrl}/platform/v1/workspaces/${workspaceId}`, issuing.operatorKey, body)
  return workspaceId
}

/** The answer's JSON. Throws with the server's own words where it refuses. */
export async function send(method: string, url: string, token: string, body?: object, more: Record<string, string> = {}): Promise<unknown> {
  const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json', ...more }
  const response = await fetch(url, { method, headers, body: body === undefined ? undefined : JSON.stringify(body) })
  const text = await response.text()
  if (response.status >= 300) throw new Error(`${method} ${url}: ${response.status} ${text}`)
  return JSON.parse(text)
}
