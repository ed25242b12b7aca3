// Who is calling, as proved by a verified workspace token (domain/ knows the shape, workers/edge/auth proves it).

export const roles = ['owner', 'admin', 'manager', 'editor', 'member', 'viewer'] as const
export type Role = (typeof roles)[number]

export type Context = 'app' | 'dashboard'
export type ClientPlatform = 'web' | 'mobile' | 'm2m'
export type Scope = 'app/read' | 'app/write' | 'dashboard/read' | 'dashboard/write'

/** A verified caller. `workspaceId` always comes from the token. */
export interface Caller {
  /** The token's `sub`: a person's principal or a machine's client id. */
  subject: string
  workspaceId: string
  accountId: string
  /** The user the call acts as. Absent for a machine that names none. */
  userId?: string
  context: Context
  platform: ClientPlatform
  role: Role
  scopes: Scope[]
  /** Of the platform's own tokens: the OAuth client, or the sign-in, that the token was given to. */
  clientId?: string
  sessionId?: string
}

/** Who made something that others use, as they were then: a signed URL, an upload grant. The workspace is beside it. */
export type Maker = Omit<Caller, 'workspaceId' | 'accountId'>

/** Whoever asks for a change of who may come to a workspace, as their token says; its role may be an hour old. */
export interface Asker {
  role: Role
  userId?: string
  sessionId?: string
  clientId?: string
}

/** What the trail keeps of a caller: both identities when a machine acts for a user. */
export interface Trail {
  subject: string
  platform: ClientPlatform | 'system'
  userId?: string
  requestId: string
  traceparent?: string
  /** The declared operation that was asked for. */
  operation?: string
  /** Ids of the policies that let it pass. */
  policies?: string[]
  /** Where the request came from, as the edge saw it. */
  from?: { address: string; country?: string }
}
