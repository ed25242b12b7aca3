// A workspace of its own for each test, and the ways to call the Worker in it: as an admin, as a machine, as a person.
// Every call goes over HTTP through the Worker's own door.

import { env, exports } from 'cloudflare:workers'
import { nanoid } from 'nanoid'
import type { SettingsPatch } from '../../../domain/resources/workspace-settings.ts'
import { localAccountId, signToken, type TokenRequest } from '../../../scripts/local/tokens.ts'

interface TestEnv {
  TEST_ISSUER: string
  TEST_SIGNING_KEY: string
}

export interface Reply {
  status: number
  headers: Headers
  // biome-ignore lint/suspicious/noExplicitAny: an answer is held against expectations, not against a type
  body: any
}

export interface Client {
  /** A stream is sent as it is, with no length declared. */
  call(method: string, path: string, body?: unknown, headers?: Record<string, string>): Promise<Reply>
  get(path: string, headers?: Record<string, string>): Promise<Reply>
  post(path: string, body?: unknown, headers?: Record<string, string>): Promise<Reply>
  /** The items of a list, to its last page. */
  all(path: string, headers?: Record<string, string>): Promise<Reply['body'][]>
}

export interface Tenant {
  workspaceId: string
  /** The dashboard, as an admin's machine: it may give any nickname. */
  admin: Client
  /** The app, as a machine that acts for nobody in particular. */
  machine: Client
  person(userId: string): Promise<Client>
  client(request: Partial<TokenRequest>): Promise<Client>
  token(request: Partial<TokenRequest>): Promise<string>
}

const origin = 'http://laurel.test'
const { TEST_ISSUER, TEST_SIGNING_KEY } = env as unknown as TestEnv

async function send(url: string, method: string, token: string, body: unknown, headers: Record<string, string>): Promise<Reply> {
  const response = await exports.default.fetch(url, {
    method,
    headers: { authorization: `Bearer ${token}`, ...(body !== undefined && { 'content-type': 'application/json' }), ...headers },
    ...(body !== undefined && { body: body instanceof ReadableStream ? body : JSON.stringify(body) }),
  })
  const text = await response.text()
  return { status: response.status, headers: response.headers, body: text === '' ? undefined : JSON.parse(text) }
}

function clientOf(prefix: string, token: string): Client {
  const call: Client['call'] = (method, path, body, headers = {}) => send(`${origin}${prefix}${path}`, method, token, body, headers)
  const get: Client['get'] = (path, headers) => call('GET', path, undefined, headers)
  return {
    call,
    get,
    post: (path, body = {}, headers) => call('POST', path, body, headers),
    async all(path, headers) {
      const items: Reply['body'][] = []
      let nextToken: string | null = ''
      while (nextToken !== null) {
        const more: string = nextToken && `${path.includes('?') ? '&' : '?'}nextToken=${encodeURIComponent(nextToken)}`
        const page: Reply = await get(`${path}${more}`, headers)
        if (page.status !== 200) throw new Error(`${path}: ${page.status} ${JSON.stringify(page.body)}`)
        items.push(...page.body.items)
        nextToken = page.body.nextToken
      }
      return items
    },
  }
}

/** /platform/v1, with the operator's key. */
export const operator: Client = clientOf('/platform/v1', env.OPERATOR_KEY)

const much = { quota: 1_000_000, windowSeconds: 1 }
/** Nobody is counted where counting is not what is looked at. */
export const unlimited = { principal: much, machine: much, workspace: much, suspect: null }

/** A fresh workspace, without limits unless `settings` say so. */
export async function newTenant(given: Partial<SettingsPatch> = {}, workspaceId = nanoid(10)): Promise<Tenant> {
  const settings = { limits: unlimited, ...given }
  const slug = `w-${workspaceId.toLowerCase().replaceAll(/[^a-z0-9]/g, '0')}-w`
  const made = await operator.call('PUT', `/workspaces/${workspaceId}`, { accountId: localAccountId, name: workspaceId, slug, settings })
  if (made.status !== 201) throw new Error(`workspace: ${made.status} ${JSON.stringify(made.body)}`)
  const signing = JSON.parse(TEST_SIGNING_KEY)
  const token = (request: Partial<TokenRequest>): Promise<string> =>
    signToken({ baseUrl: TEST_ISSUER, signing, operatorKey: '' }, workspaceId, { workspace: workspaceId, user: 'somebody', ...request })
  async function client(request: Partial<TokenRequest>): Promise<Client> {
    return clientOf(request.context === 'dashboard' ? '/dashboard/v1' : '/app/v1', await token(request))
  }
  return {
    workspaceId,
    client,
    token,
    admin: await client({ user: 'machine', platform: 'm2m', context: 'dashboard', role: 'admin' }),
    machine: await client({ user: 'machine', platform: 'm2m' }),
    person: (userId) => client({ user: userId }),
  }
}
