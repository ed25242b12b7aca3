// How mail leaves a Worker: not before the answer. A request for a code is answered alike whether a mail follows or not,
// so nothing may wait for one. And the local mailer, which prints.

import type { Mail, Mailer } from '../../domain/sign-in/mail.ts'
import { describeError, eventLogLine, type LogLine } from '../../domain/telemetry/request-log.ts'

export interface PostedPorts {
  /** Keeps the Worker at work after its answer: `waitUntil` of cloudflare:workers. */
  waitUntil: (work: Promise<unknown>) => void
  now: () => number
  log: LogLine
}

/**
 * `send` answers at once; what becomes of the mail is for the log, without the address. Trade-off: a mail that a dying
 * isolate was about to send is lost, and the person asks for another code. No effect that a caller is told of depends on it.
 */
export function postedMailer(mailer: Mailer, { waitUntil, now, log }: PostedPorts): Mailer {
  return {
    async send(mail) {
      const failed = (thrown: unknown) => log(eventLogLine({ atMs: now(), event: 'sign-in/mail_failed', error: describeError(thrown) }))
      waitUntil(mailer.send(mail).catch(failed))
    },
  }
}

/** For the local platform only: whoever reads the log may sign in as anyone. */
export const logMailer = (print: (line: string) => void): Mailer => ({
  async send({ to, text }: Mail) {
    print(`mail to ${to}: ${text.replaceAll('\n', ' ').trim()}`)
  },
})
