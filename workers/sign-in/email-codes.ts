// POST /auth/v1/email-codes and /auth/v1/email-codes/verify: people sign in with a code that is mailed to them.
//
// Whether there is such a workspace, a user with that address or a mail is not to be found out: every well-formed request
// for a code is answered the same and does the same (directory, object, and a mail that nothing waits for); every refused
// code is the same 401. What a workspace's settings say of origins is held against pages before that.

import type { Hono } from 'hono'
import { z } from 'zod'
import type { WorkspaceAccess } from '../../domain/access/types.ts'
import { failure } from '../../domain/failures.ts'
import { effectiveLimits } from '../../domain/limits/plans.ts'
import { lang } from '../../domain/resources/lang.ts'
import { userCreate } from '../../domain/resources/user.ts'
import { fail, ok, type Result } from '../../domain/result.ts'
import { admit } from '../../domain/sign-in/admission.ts'
import { emailHashOf } from '../../domain/sign-in/email-hash.ts'
import { mailboxOf } from '../../domain/sign-in/mailbox.ts'
import type { DirectoryEntry } from '../../domain/workspace/types.ts'
import { codeLivesMs } from '../../durable-objects/sign-in/code-state.ts'
import { type CodeAsker, signInName } from '../../durable-objects/sign-in/rpc.ts'
import type { WorkspaceEdge } from '../../durable-objects/workspace/rpc.ts'
import { tenantId } from '../edge/auth/claims.ts'
import type { Edge } from '../edge/edge.ts'
import type { OpenCall } from '../edge/route.ts'
import { neverStored } from '../oauth/refusal.ts'
import { codeMail, langOf } from './code-mail.ts'
import { mailBudget } from './mail-budget.ts'
import { signIn } from './sign-in.ts'

/** `deviceToken`: the `device_token` of an earlier sign-in from this device. One that is none is as if there were none. */
const who = { workspaceId: tenantId, email: userCreate.shape.email, deviceToken: z.string().max(200).optional() }
const codeRequest = z.object({
  ...who,
  context: z.enum(['app', 'dashboard']).default('app'),
  platform: z.enum(['web', 'mobile']).default('web'),
  lang: lang.optional(),
})
const verification = z.object({ ...who, code: z.string().regex(/^\d{6}$/, 'Six digits.') })

const notServed = failure('route/not_found', 'Nobody signs in here: this platform has no issuer of its own.')
const wrongCode = failure('auth/invalid_token', 'This code is not valid. Ask for another.')

export function emailCodeRoutes(edge: Edge, app: Hono): void {
  const { services, identities } = edge
  const mayMail = mailBudget(edge)
  const open = { api: 'auth', method: 'POST', cors: 'workspace', limitedBy: 'sign-in' } as const

  edge.open(app, { ...open, path: '/email-codes', operationId: 'emailCodes/create', body: codeRequest }, async (call) => {
    if (!identities.signer) return fail(notServed)
    const { email, context, platform, lang } = call.body
    const asked = await askedOf(edge, call)
    if (!asked.ok) return asked
    const { workspace, entry, by, mailboxHash, name } = asked.value
    const admission = admit(entry, context, workspace?.access.provisioning ?? 'preprovisioned')
    // A code that nobody is told of: what is done is the same for all.
    const code = await services.signIn(name).issue(by, { context, platform })
    // A device that its owner signed in from has limits of its own, and waits for nobody else's.
    const isCounted = code !== null && workspace !== null && by.device === undefined
    const limit = workspace?.access.limits.workspace
    const mayLeave = !(isCounted && limit) || (await mayMail({ workspaceId: call.body.workspaceId, limit, mailboxHash, admission }))
    if (code !== null && mayLeave && admission.kind !== 'nobody')
      await services.mailer.send(codeMail({ to: email, code, lang: lang ?? langOf(call.headers), livesMs: codeLivesMs }))
    return ok({ status: 202, body: { expiresInSeconds: codeLivesMs / 1000 } })
  })

  edge.open(app, { ...open, path: '/email-codes/verify', operationId: 'emailCodes/verify', body: verification }, async (call) => {
    const { signer } = identities
    if (!signer) return fail(notServed)
    const { email, code } = call.body
    const asked = await askedOf(edge, call)
    if (!asked.ok) return asked
    const { workspace, entry, by, name } = asked.value
    const purpose = await services.signIn(name).redeem(by, code, services.newId())
    if (purpose === null || workspace === null) return fail(wrongCode)
    const admission = admit(entry, purpose.context, workspace.access.provisioning)
    if (admission.kind === 'nobody') return fail(wrongCode)
    const signedIn = await signIn(edge, signer, call, { workspace, email, purpose, admission, device: by.device })
    if (!signedIn.ok) return signedIn.error.code === 'resource/not_found' ? fail(wrongCode) : signedIn
    return ok({ status: 200, body: signedIn.value, headers: neverStored })
  })
}

interface Asked {
  /** Null where there is no such workspace. */
  workspace: WorkspaceEdge | null
  /** Who the workspace knows by the address. */
  entry: DirectoryEntry | null
  by: CodeAsker
  mailboxHash: string
  /** Of the object that keeps the mailbox's codes. */
  name: string
}

/** Who is asking to sign in, and where. `auth/origin_not_allowed` for a page that may not call the workspace. */
async function askedOf(
  { services, deviceProofs }: Edge,
  call: OpenCall<unknown, unknown, { workspaceId: string; email: string; deviceToken?: string | undefined }>,
): Promise<Result<Asked>> {
  const { workspaceId, email, deviceToken } = call.body
  const emailHash = emailHashOf(email)
  const found = await services.workspaceEdge(workspaceId)
  if (!found.ok && found.error.code !== 'resource/not_found') return found
  const workspace = found.ok ? found.value : null
  const admitted = call.admitOrigin(workspace?.access ?? closed(workspaceId))
  if (!admitted.ok) return admitted
  const known = workspace && (await services.workspace(workspaceId).userByEmail(workspaceId, emailHash))
  if (known && !known.ok && known.error.code !== 'resource/not_found') return known
  const device = deviceProofs.open(deviceToken, { workspaceId, emailHash }, call.nowMs)
  const mailboxHash = emailHashOf(mailboxOf(email))
  return ok({
    workspace,
    entry: known?.ok ? known.value : null,
    by: { emailHash, ...(device !== undefined && { device }) },
    mailboxHash,
    name: signInName(workspaceId, mailboxHash),
  })
}

/** A workspace that is not there lists no origins, as one that lists none. */
const closed = (workspaceId: string): WorkspaceAccess => ({
  workspaceId,
  version: 0,
  limits: effectiveLimits('STANDARD', {}),
  clients: [],
  throttles: [],
  forbids: [],
  origins: [],
  provisioning: 'preprovisioned',
})
