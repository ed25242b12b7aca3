// What the pass-through talks to. The token endpoint is a real oidc-provider, counting what it is asked; the shared store is
// a stand-in for Upstash's REST API, as strict as the service about what reaches it: the bearer token, one command as a
// JSON array of strings and numbers, the commands and options there are, and expiry.

import { createServer, type IncomingMessage, type RequestListener, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { exportJWK, generateKeyPair } from 'jose'
import { Provider } from 'oidc-provider'

export interface LocalServer {
  url: string
  close(): Promise<void>
}

export async function serve(listener: RequestListener): Promise<LocalServer> {
  const server: Server = createServer(listener)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: () =>
      new Promise((resolve) => {
        server.closeAllConnections()
        server.close(() => resolve())
      }),
  }
}

export interface MachineClient {
  client_id: string
  client_secret: string
  token_endpoint_auth_method: 'client_secret_basic' | 'client_secret_post'
  scope: string
}

export interface TokenServer extends LocalServer {
  issuer: string
  /** Authorization headers and forms of the requests to its token endpoint. */
  requests: { authorization: string | undefined; form: Record<string, string> }[]
}

/** Signs access tokens with the claims of this platform, for these clients. */
export async function startTokenServer(
  clients: MachineClient[],
  claims: Record<string, unknown>,
  ttlSeconds: number,
): Promise<TokenServer> {
  const requests: TokenServer['requests'] = []
  let handle: RequestListener = () => {}
  const server = await serve((request, response) => handle(request, response))
  const { privateKey } = await generateKeyPair('RS256', { extractable: true })
  const scope = 'app/read app/write'
  const resource = 'urn:laurel'
  const provider = new Provider(server.url, {
    clients: clients.map((one) => ({ ...one, grant_types: ['client_credentials'], redirect_uris: [], response_types: [] })),
    jwks: { keys: [{ ...(await exportJWK(privateKey)), alg: 'RS256', use: 'sig', kid: 'k1' }] },
    scopes: scope.split(' '),
    features: {
      clientCredentials: { enabled: true },
      devInteractions: { enabled: false },
      resourceIndicators: {
        enabled: true,
        defaultResource: () => resource,
        getResourceServerInfo: () => ({
          scope,
          audience: resource,
          accessTokenFormat: 'jwt',
          accessTokenTTL: ttlSeconds,
          jwt: { sign: { alg: 'RS256' } },
        }),
      },
    },
    extraTokenClaims: () => claims,
    ttl: { ClientCredentials: ttlSeconds },
  })
  const answer = provider.callback()
  handle = (request, response) => {
    if (request.url !== '/token') return answer(request, response)
    const chunks: Buffer[] = []
    // Read by whoever listens: both get each chunk.
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      const form = Object.fromEntries(new URLSearchParams(Buffer.concat(chunks).toString()))
      requests.push({ authorization: request.headers.authorization, form })
    })
    return answer(request, response)
  }
  return { ...server, issuer: server.url, requests }
}

export interface UpstashStandIn extends LocalServer {
  token: string
  /** What the store holds, as it holds it. */
  values: Map<string, { value: string; expiresInSeconds: number }>
  commands: unknown[][]
  /** Answers nothing but this status from now on. */
  fail(status: number): void
}

export async function startUpstashStandIn(token = 'upstash-token'): Promise<UpstashStandIn> {
  const values: UpstashStandIn['values'] = new Map()
  const commands: unknown[][] = []
  let failing: number | undefined
  const server = await serve(async (request, response) => {
    const reply = (status: number, body: object) =>
      response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body))
    const text = await textOf(request)
    if (failing !== undefined) return reply(failing, { error: 'ERR failing' })
    if (request.headers.authorization !== `Bearer ${token}`) return reply(401, { error: 'Unauthorized' })
    if (request.method !== 'POST' || request.url !== '/') return reply(404, { error: 'ERR not found' })
    const command: unknown = JSON.parse(text)
    if (!Array.isArray(command) || command.some((part) => typeof part !== 'string' && typeof part !== 'number'))
      return reply(400, { error: 'ERR Failed to parse command' })
    commands.push(command)
    const [name, key, value, ...options] = command
    if (String(name).toUpperCase() === 'GET' && command.length === 2) return reply(200, { result: values.get(String(key))?.value ?? null })
    const [ex, seconds] = options
    if (
      String(name).toUpperCase() === 'SET' &&
      options.length === 2 &&
      String(ex).toUpperCase() === 'EX' &&
      Number.isInteger(seconds) &&
      seconds > 0
    ) {
      values.set(String(key), { value: String(value), expiresInSeconds: seconds })
      return reply(200, { result: 'OK' })
    }
    return reply(400, { error: 'ERR syntax error' })
  })
  return {
    ...server,
    token,
    values,
    commands,
    fail: (status) => {
      failing = status
    },
  }
}

async function textOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk as Buffer)
  return Buffer.concat(chunks).toString()
}
