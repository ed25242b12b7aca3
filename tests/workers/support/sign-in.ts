// The whole Worker as people sign in to it: mail is caught, and nobody is counted by address.

import { env } from 'cloudflare:workers'
import { nanoid } from 'nanoid'
import type { Mail } from '../../../domain/sign-in/mail.ts'
import { laurelApp } from '../../../workers/app-of.ts'
import { edgePartsOf } from '../../../workers/composition.ts'
import type { EdgeParts } from '../../../workers/edge/parts.ts'
import type { Services } from '../../../workers/services.ts'

const bindings = env as unknown as Env

export interface Answer {
  status: number
  headers: Headers
  // biome-ignore lint/suspicious/noExplicitAny: an answer is held against expectations, not against a type
  body: any
}

/** `broken` are services in place of the real ones, which it is given. */
export function signInWorld(over: Partial<EdgeParts> = {}, broken: (services: Services) => Partial<Services> = () => ({})) {
  const mails: Mail[] = []
  const lines: string[] = []
  const parts = edgePartsOf(bindings)
  const mailer = { send: async (mail: Mail) => void mails.push(mail) }
  const services: Services = Object.assign(Object.create(parts.services), { mailer, ...broken(parts.services) })
  const addressLimits = { 'sign-in': async () => true, token: async () => true, transform: async () => true }
  const { app } = laurelApp({ ...parts, services, addressLimits, log: (line) => lines.push(line), ...over })

  async function ask(
    method: string,
    path: string,
    init: { token?: string; body?: BodyInit; type?: string; headers?: Record<string, string> } = {},
  ) {
    const { token, body, type, headers } = init
    const request = new Request(`http://laurel.test${path}`, {
      method,
      headers: { ...(token && { authorization: `Bearer ${token}` }), ...(type && { 'content-type': type }), ...headers },
      ...(body !== undefined && { body }),
    })
    const response = await app.fetch(request, bindings)
    const text = await response.text()
    return { status: response.status, headers: response.headers, body: text === '' ? undefined : JSON.parse(text) } satisfies Answer
  }
  /** An answer whose body is no JSON. */
  const fetch = async (path: string): Promise<Response> => app.fetch(new Request(`http://laurel.test${path}`), bindings)
  const json = (method: string, path: string, body: unknown, more: { token?: string; headers?: Record<string, string> } = {}) =>
    ask(method, path, { body: JSON.stringify(body), type: 'application/json', ...more })
  const form = (path: string, fields: Record<string, string>) =>
    ask('POST', path, { body: new URLSearchParams(fields).toString(), type: 'application/x-www-form-urlencoded' })

  const codeSentTo = (email: string): string | undefined => {
    const mail = mails.filter(({ to }) => to === email).at(-1)
    return mail && /\b\d{6}\b/.exec(mail.text)?.[0]
  }
  const world = {
    mails,
    lines,
    services: parts.services,
    ask,
    fetch,
    json,
    form,
    codeSentTo,
    request: (workspaceId: string, email: string, more: object = {}) =>
      json('POST', '/auth/v1/email-codes', { workspaceId, email, ...more }),
    verify: (workspaceId: string, email: string, code: string, more: object = {}) =>
      json('POST', '/auth/v1/email-codes/verify', { workspaceId, email, code, ...more }),
    refresh: (refreshToken: string) => form('/oauth2/token', { grant_type: 'refresh_token', refresh_token: refreshToken }),
    async signIn(workspaceId: string, email: string, more: object = {}): Promise<Answer['body']> {
      const asked = await world.request(workspaceId, email, more)
      const code = codeSentTo(email)
      if (asked.status !== 202 || !code) throw new Error(`no code for ${email}: ${asked.status} ${JSON.stringify(asked.body)}`)
      const answer = await world.verify(workspaceId, email, code)
      if (answer.status !== 200) throw new Error(`${answer.status} ${JSON.stringify(answer.body)}`)
      return answer.body
    },
  }
  return world
}

/** An address that nobody has yet. */
export const newAddress = (): string =>
  `${nanoid()
    .toLowerCase()
    .replaceAll(/[^a-z0-9]/g, 'x')}@example.org`

/** A code that is not this one. */
export const otherThan = (code: string): string => String((Number(code) + 1) % 1_000_000).padStart(6, '0')

export const claimsOf = (token: string): Record<string, unknown> =>
  JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString())
