// How many mails leave for whom, beside what one mailbox may ask of one workspace (durable-objects/sign-in/code-state.ts): for
// a mailbox from all workspaces together, and from a workspace together. So nobody floods a person from many workspaces, or
// makes a workspace mail the whole world. Each is a token bucket, exact, in an object of its own.
//
// Those whom a workspace knows and those who are new to it are counted apart: invented addresses keep no user out. What
// would be mailed to nobody is counted too, in buckets of its own, so that it takes as long and costs nobody anything.

import type { Limit } from '../../domain/limits/types.ts'
import type { Admission } from '../../domain/sign-in/admission.ts'
import { eventLogLine, type LogLine } from '../../domain/telemetry/request-log.ts'
import type { Services } from '../services.ts'

const hourSeconds = 3600

/** More than one workspace may ask of a mailbox in a day, so that no workspace alone keeps a person out of the others. */
export const mailboxLimit: Limit = { quota: 30, windowSeconds: 6 * hourSeconds }

/** In an hour as many mails as the workspace has requests in ten seconds; a fifth of that to who is new. */
export function workspaceMails({ quota, windowSeconds }: Limit): { users: Limit; newcomers: Limit } {
  const mails = Math.min(Math.ceil((quota * 10) / windowSeconds), 1_000_000)
  const inAnHour = (quota: number): Limit => ({ quota, windowSeconds: hourSeconds })
  return { users: inAnHour(mails), newcomers: inAnHour(Math.ceil(mails / 5)) }
}

export interface MailFor {
  workspaceId: string
  /** The workspace's own request limit, as its plan or its settings have it. */
  limit: Limit
  mailboxHash: string
  admission: Admission
}

const toldEveryMs = 60_000

/** Whether one more mail may leave. */
export function mailBudget({ services, log }: { services: Services; log: LogLine }): (mail: MailFor) => Promise<boolean> {
  let toldAtMs = Number.NEGATIVE_INFINITY

  async function take(name: string, limit: Limit): Promise<boolean> {
    const asked = { limit, suspect: null, leaseId: services.newId(), lease: 0, revocable: false, used: [], settled: [], refused: 0 }
    return (await services.rateLimiter(name).take(asked)).allowed
  }

  return async ({ workspaceId, limit, mailboxHash, admission }) => {
    const { users, newcomers } = workspaceMails(limit)
    const [kind, ofWorkspace] = admission.kind === 'user' ? ['users', users] : [admission.kind, newcomers]
    const taken = await Promise.all([
      take(admission.kind === 'nobody' ? `mailbox-of-nobody:${mailboxHash}` : `mailbox:${mailboxHash}`, mailboxLimit),
      take(`${workspaceId}:mails-to-${kind}`, ofWorkspace),
    ])
    const isAllowed = taken.every(Boolean)
    const nowMs = services.now()
    if (!isAllowed && nowMs - toldAtMs >= toldEveryMs) {
      toldAtMs = nowMs
      log(eventLogLine({ atMs: nowMs, event: taken[1] ? 'sign-in/mailbox_full' : `sign-in/mails_to_${kind}_spent`, workspaceId }))
    }
    return isAllowed
  }
}
