// The workspace's OAuth clients, and the routes where anyone may ask for a token (cases.ts says what this is). The ids of
// clients are the platform's to choose, so a tenant is furnished with some and remembers them.

import { nanoid } from 'nanoid'

export interface ClientThings {
  clientId: string
  doomedClientId: string
  /** A client of its own, so that taking its secret away takes nothing from the others. */
  rotatedClientId: string
  rotatedSecretId: string
}

/** `post` is the dashboard's, as an owner; its answer's body. */
export async function furnishClients(
  marker: string,
  post: (path: string, body: object) => Promise<{ clientId: string; secretId: string }>,
): Promise<ClientThings> {
  // Each with a name of its own: the same request again is a repeat.
  const make = (which: string) => post('/clients', { name: `${which} ${marker}`, scopes: ['app/read', 'app/write'] })
  const [one, doomed, rotated] = [await make('One'), await make('Doomed'), await make('Rotated')]
  return {
    clientId: one.clientId,
    doomedClientId: doomed.clientId,
    rotatedClientId: rotated.clientId,
    rotatedSecretId: rotated.secretId,
  }
}

/** Clients that nobody has. */
export const noClients = (): ClientThings => ({
  clientId: `nowhere-ws.${nanoid()}`,
  doomedClientId: `nowhere-ws.${nanoid()}`,
  rotatedClientId: `nowhere-ws.${nanoid()}`,
  rotatedSecretId: nanoid(),
})

const ofClient = ({ clientId }: ClientThings) => ({ clientId })
const admin = { least: 'admin' } as const

export const clientCases = {
  'GET /dashboard/v1/clients': { ...admin, status: 200 },
  'POST /dashboard/v1/clients': {
    ...admin,
    status: 201,
    body: () => ({ name: 'Backend', role: 'viewer', scopes: ['app/read', 'app/write', 'dashboard/read'] }),
  },
  'GET /dashboard/v1/clients/:clientId': { ...admin, status: 200, params: ofClient },
  'PATCH /dashboard/v1/clients/:clientId': {
    ...admin,
    status: 200,
    params: ofClient,
    body: () => ({ name: 'Backend', role: 'editor', scopes: ['app/read'] }),
  },
  'POST /dashboard/v1/clients/:clientId/secrets': { ...admin, status: 201, params: ofClient, body: () => ({ overlapSeconds: 0 }) },
  'DELETE /dashboard/v1/clients/:clientId/secrets/:secretId': {
    ...admin,
    status: 200,
    params: ({ rotatedClientId, rotatedSecretId }: ClientThings) => ({ clientId: rotatedClientId, secretId: rotatedSecretId }),
  },
  'DELETE /dashboard/v1/clients/:clientId': {
    ...admin,
    status: 200,
    params: ({ doomedClientId }: ClientThings) => ({ clientId: doomedClientId }),
  },
}

/** For anyone, and of no tenant; what they refuse is in tests/unit/oauth and tests/workers/oauth.test.ts. */
export const openOauthRoutes = [
  'POST /oauth2/token',
  'GET /.well-known/jwks.json',
  'GET /.well-known/openid-configuration',
  'GET /.well-known/oauth-authorization-server',
  'GET /.well-known/oauth-protected-resource',
  'GET /.well-known/oauth-protected-resource/app/v1',
  'GET /.well-known/oauth-protected-resource/dashboard/v1',
]
